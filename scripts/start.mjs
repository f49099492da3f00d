// `npm start`: installs if needed, builds if stale, serves the build with a door for kubectl, and prints the addresses.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from './bundle.mjs';
import { ensureBuild, ensurePackages, fail, root } from './setup.mjs';

if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Kubarium needs Node 20 or later; this is ${process.version}.`);
ensurePackages();
ensureBuild();
const { kubeconfigFor, openPageDoor } = await import(pathToFileURL(await bundle('src/gateway/page-door.ts')).href);

const dist = join(root, 'dist');
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.json': 'application/json',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};
// Workers loaded by URL take their policy from this header, not from the page's meta element.
const index = join(dist, 'index.html');
const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(readFileSync(index, 'utf8'))?.[1];
let door;

/** What is no path at all is looked for and not found like any other. */
function pathOf(url) {
  try {
    return normalize(decodeURIComponent(url.split('?')[0] ?? '/'));
  } catch {
    return '/%';
  }
}

const server = createServer((request, response) => {
  const path = pathOf(request.url ?? '/');
  let file = join(dist, path);
  if (!file.startsWith(dist) || (request.method !== 'GET' && request.method !== 'HEAD'))
    return void response.writeHead(404).end();
  if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
  if (!existsSync(file)) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
  const isIndex = file === index;
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'cache-control': path.startsWith('/assets/')
      ? 'public, max-age=31536000, immutable'
      : isIndex
        ? 'no-store'
        : 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    // Another site's frame around the page could make people click on what they do not see.
    ...(policy ? { 'content-security-policy': `${policy}; frame-ancestors 'none'` } : {}),
  });
  if (request.method === 'HEAD') return void response.end();
  if (isIndex) {
    const html = readFileSync(index, 'utf8');
    return void response.end(door ? door.html(request, html) : html);
  }
  createReadStream(file).pipe(response);
});

const wanted = Number(process.env['PORT'] ?? 4173);
const listen = (port) => server.listen(port, '127.0.0.1');
server.on('error', (error) => {
  if (error.code === 'EADDRINUSE' && process.env['PORT'] === undefined) return void listen(0);
  fail(error.code === 'EADDRINUSE' ? `Port ${wanted} is in use: set PORT to another one.` : error.message);
});
server.on('upgrade', (request, socket, head) => {
  if (!door?.upgrade(request, socket, head)) socket.destroy();
});
server.on('listening', async () => {
  const { port } = server.address();
  const page = `http://127.0.0.1:${port}/`;
  try {
    door = await openPageDoor({ page, kubeconfig: kubeconfigFor(root, port) });
  } catch (error) {
    console.error(`no door for kubectl: ${error.message}`);
  }
  console.log(`Kubarium: ${page}`);
  if (door) console.log(`kubectl, while the page is open: export KUBECONFIG=${door.kubeconfig}`);
});
listen(wanted);
