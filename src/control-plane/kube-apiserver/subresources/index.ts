import type { Kind } from '../../../api/kind.ts';
import type { Handler } from '../handle.ts';
import type { RequestInfo } from '../request-info.ts';
import { handleGet } from '../handlers/read.ts';
import { handlePatch } from '../handlers/patch.ts';
import { handleUpdate } from '../handlers/update.ts';
import { handleBinding } from './binding.ts';
import { handleEviction } from './eviction.ts';
import { handleFinalize } from './finalize.ts';
import { handleLog, handleNodeProxy, handlePodStream } from './kubelet-proxy.ts';
import { handleScaleGet, handleScalePatch, handleScaleUpdate } from './scale.ts';
import { handleToken } from './token.ts';

type Methods = Readonly<Record<string, Handler>>;

const OBJECT: Methods = { GET: handleGet, PUT: handleUpdate, PATCH: handlePatch };
const STREAM: Methods = { GET: handlePodStream, POST: handlePodStream };

/** By name, with the kind where the name alone does not say it. */
const HANDLERS: Readonly<Record<string, Methods>> = {
  approval: OBJECT,
  status: OBJECT,
  ephemeralcontainers: OBJECT,
  resize: OBJECT,
  scale: { GET: handleScaleGet, PUT: handleScaleUpdate, PATCH: handleScalePatch },
  binding: { POST: handleBinding },
  eviction: { POST: handleEviction },
  finalize: { PUT: handleFinalize },
  token: { POST: handleToken },
  log: { GET: handleLog },
  exec: STREAM,
  attach: STREAM,
  portforward: STREAM,
  'nodes/proxy': {
    GET: handleNodeProxy,
    POST: handleNodeProxy,
    PUT: handleNodeProxy,
    PATCH: handleNodeProxy,
    DELETE: handleNodeProxy,
  },
};

const STREAMING = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

export function isStreaming(info: RequestInfo): boolean {
  return STREAMING.has(info.subresource);
}

/** Or why there is none: no such sub-resource, or not by this method. */
export function subresourceHandler(kind: Kind, name: string, method: string): Handler | 'unknown' | 'method' {
  const methods = HANDLERS[`${kind.plural}/${name}`] ?? HANDLERS[name];
  if (methods === undefined || !kind.subresources.some((subresource) => subresource.name === name)) return 'unknown';
  return methods[method] ?? 'method';
}
