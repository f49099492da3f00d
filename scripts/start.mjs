// `npm start`: installs if needed, builds if stale, serves the build and prints the address.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { ensureBuild, ensurePackages, fail, root } from './setup.mjs';

if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Kubarium needs Node 20 or later; this is ${process.version}.`);
ensurePackages();
ensureBuild();

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
const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(
  readFileSync(join(dist, 'index.html'), 'utf8'),
)?.[1];

const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/'));
  let file = join(dist, path);
  if (!file.startsWith(dist) || (request.method !== 'GET' && request.method !== 'HEAD'))
    return void response.writeHead(404).end();
  if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
  if (!existsSync(file)) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(policy ? { 'content-security-policy': policy } : {}),
  });
  if (request.method === 'HEAD') return void response.end();
  createReadStream(file).pipe(response);
});

const wanted = Number(process.env['PORT'] ?? 4173);
const listen = (port) => server.listen(port, '127.0.0.1');
server.on('error', (error) => {
  if (error.code === 'EADDRINUSE' && process.env['PORT'] === undefined) return void listen(0);
  fail(error.code === 'EADDRINUSE' ? `Port ${wanted} is in use: set PORT to another one.` : error.message);
});
server.on('listening', () => console.log(`Kubarium: http://127.0.0.1:${server.address().port}/`));
listen(wanted);
