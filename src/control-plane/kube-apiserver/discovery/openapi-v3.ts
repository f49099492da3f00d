import type { Kind } from '../../../api/kind.ts';
import type { Server } from '../server.ts';
import { fnv1a32 } from '../../../lib/fnv.ts';
import { sortedStrings } from '../../../lib/order.ts';
import { kindPaths } from './openapi-paths.ts';
import { schemasFor } from './schemas.ts';
import { VERSION } from './version.ts';

/** Where the document of each group version is; the hash changes with its content. */
export function openApiV3Index(server: Server): object {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const path of documentPaths(server)) {
    const hash = hashOf(JSON.stringify(openApiV3Document(server, path)));
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  }
  return { paths };
}

function documentPaths(server: Server): readonly string[] {
  return sortedStrings(new Set(server.resources.map(({ kind }) => documentPathOf(kind))));
}

function documentPathOf({ group, version }: Kind): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** 128 hexadecimal digits, as upstream's SHA-512 has. */
function hashOf(text: string): string {
  let hash = '';
  for (let i = 0; i < 16; i++) hash += fnv1a32(text, i).toString(16).padStart(8, '0');
  return hash.toUpperCase();
}

export function openApiV3Document(server: Server, path: string): object | undefined {
  const kinds = server.resources.map(({ kind }) => kind).filter((kind) => documentPathOf(kind) === path);
  if (kinds.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: VERSION.gitVersion },
    paths: kindPaths(kinds, 'v3'),
    components: { schemas: schemasFor(kinds, '#/components/schemas/') },
  };
}
