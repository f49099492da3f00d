import { readFile } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import { join } from 'node:path';
import type { Connect, Plugin, PreviewServer, ViteDevServer } from 'vite';
import { kubeconfigFor, openPageDoor, type PageDoor } from './page-door.ts';

/** `npm run dev` and `npm run preview` offer the door of `npm start`. */
export function doorPlugin(): Plugin {
  return {
    name: 'kubarium-door',
    apply: 'serve',
    configureServer(server) {
      const read = async (url: string): Promise<string> =>
        server.transformIndexHtml(url, await readFile(join(server.config.root, 'index.html'), 'utf8'));
      offerDoor(server, read);
    },
    configurePreviewServer(server) {
      const { root, build } = server.config;
      offerDoor(server, () => readFile(join(root, build.outDir, 'index.html'), 'utf8'));
    },
  };
}

function offerDoor(server: ViteDevServer | PreviewServer, read: (url: string) => Promise<string>): void {
  const { httpServer, config, middlewares } = server;
  // A server that others (vitest) only use for its modules listens nowhere.
  if (httpServer === null) return;
  let door: PageDoor | undefined;
  httpServer.once('listening', () => {
    const { address, port } = listening(httpServer);
    void openPageDoor({ page: `http://${address}:${port}/`, kubeconfig: kubeconfigFor(config.root, port) }).then(
      (opened) => {
        door = opened;
        config.logger.info(`  ➜  kubectl: export KUBECONFIG=${opened.kubeconfig}`);
      },
      (error: unknown) => config.logger.error(`no door for kubectl: ${String(error)}`),
    );
  });
  httpServer.on('upgrade', (request, socket, head) => door?.upgrade(request, socket, head));
  httpServer.once('close', () => void door?.close());
  middlewares.use(indexHtml(() => door, read));
}

function indexHtml(
  door: () => PageDoor | undefined,
  read: (url: string) => Promise<string>,
): Connect.NextHandleFunction {
  return (request: IncomingMessage, response, next) => {
    const offered = door();
    const url = request.url ?? '';
    if (offered === undefined || request.method !== 'GET' || !/^\/(index\.html)?([?#]|$)/.test(url)) return next();
    void read(url).then((html) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
      response.end(offered.html(request, html));
    }, next);
  };
}

function listening(server: Pick<Server, 'address'>): { readonly address: string; readonly port: number } {
  const at = server.address();
  if (at === null || typeof at === 'string') return { address: 'localhost', port: 0 };
  return { address: at.family === 'IPv6' ? `[${at.address}]` : at.address, port: at.port };
}
