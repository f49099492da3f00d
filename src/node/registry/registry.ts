import { SECOND, type Env, type Program } from '../../sim/env.ts';
import type { Exchange } from '../../sim/http.ts';
import { serveHttp } from '../../sim/http-server.ts';
import { Ports } from '../../api/ports.ts';
import { familyOf, findRelease } from '../runtime/images/catalogue.ts';
import { manifestOf, type Manifest } from '../runtime/images/image.ts';

/** What one download gets, bytes per second, and the size of the pieces that it comes in. */
const RATE = 50_000_000;
const PIECE = 10_000_000;

const HOSTS: Readonly<Record<string, string>> = {
  'gcr.io': 'gcr.io',
  'ghcr.io': 'ghcr.io',
  'quay.io': 'quay.io',
  'registry-1.docker.io': 'docker.io',
  'registry.k8s.io': 'registry.k8s.io',
};

/** Every container registry of the internet, by the host that a request names: manifests and blobs of the OCI distribution API. */
export const registry: Program = (env) => {
  serveHttp(env, `${env.ip}:${Ports.registry}`, (exchange) => handle(env, exchange), { protocol: 'cloud' });
};

function handle(env: Env, exchange: Exchange): void {
  const { method, headers } = exchange.request;
  const path = exchange.request.path.split('?')[0] ?? '';
  const host = HOSTS[headers['host'] ?? 'registry-1.docker.io'] ?? '';
  if (path === '/v2/') return exchange.respond(200, '{}', { 'docker-distribution-api-version': 'registry/2.0' });
  const match = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path);
  if (match === null || (method !== 'GET' && method !== 'HEAD'))
    return refuse(exchange, 404, 'NOT_FOUND', 'page not found');
  const [, name = '', what, reference = ''] = match;
  const family = familyOf(host, name);
  if (family === undefined) {
    // Docker Hub does not tell an unknown repository from a private one.
    if (host === 'docker.io' || host === 'ghcr.io')
      return refuse(exchange, 401, 'UNAUTHORIZED', 'authentication required');
    return refuse(exchange, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
  }
  const isDigest = reference.startsWith('sha256:');
  if (what === 'manifests') {
    const entry = findRelease(family, isDigest ? { digest: reference } : { tag: reference });
    if (entry === undefined) return refuse(exchange, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    const { digest, body } = entry.manifest;
    return exchange.respond(200, method === 'HEAD' ? '' : body, {
      'docker-content-digest': digest,
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
    });
  }
  const blob = family.releases
    .map((release) => manifestOf(family, release))
    .flatMap(blobsOf)
    .find(({ digest }) => digest === reference);
  if (blob === undefined) return refuse(exchange, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  sendBlob(env, exchange, blob.size);
}

function blobsOf(manifest: Manifest): readonly { readonly digest: string; readonly size: number }[] {
  return [manifest.config, ...manifest.layers];
}

/** Sends a blob piece by piece. A piece is only described: its size is what takes time. */
function sendBlob(env: Env, exchange: Exchange, size: number): void {
  const stream = exchange.start(200, { 'content-length': String(size) });
  let gone = false;
  exchange.on({ closed: () => (gone = true) });
  const send = (rest: number): void => {
    if (gone) return;
    if (rest <= 0) return stream.end();
    const piece = Math.min(PIECE, rest);
    env.after(Math.floor((piece * SECOND) / RATE), () => {
      if (!gone) stream.send(String(piece));
      send(rest - piece);
    });
  };
  send(size);
}

function refuse(exchange: Exchange, status: number, code: string, message: string): void {
  exchange.respond(status, JSON.stringify({ errors: [{ code, message }] }), { 'content-type': 'application/json' });
}
