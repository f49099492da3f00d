import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
};

export interface Served {
  readonly url: string;
  /** What was asked for outside the folder. */
  readonly strays: readonly string[];
  close(): void;
}

/** The build as some other web server would have it: under a folder, and with no headers of ours. */
export async function serveDist(folder: string): Promise<Served> {
  const strays: string[] = [];
  const dist = process.env['DIST'] ?? 'dist';
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
    if (!path.startsWith(folder)) {
      if (path !== '/favicon.ico') strays.push(path);
      response.writeHead(404).end();
      return;
    }
    const file = join(dist, normalize(`/${path.slice(folder.length)}`), path.endsWith('/') ? 'index.html' : '');
    void readFile(file).then(
      (content) =>
        response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}${folder}`, strays, close: () => server.close() };
}
