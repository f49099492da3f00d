// What /openapi says, written out and hashed once. Large, and few requests need it: loaded late.
import type { Written } from './written.ts';
import { TEXTS } from 'virtual:kubernetes-texts';
import { documentPath, openApiDocument, SERVED } from '../../../api/openapi.ts';
import { bytesToText } from '../../../lib/byte-text.ts';
import { openApiV2 } from './openapi-v2.ts';
import { swaggerBytes } from './openapi-v2-protobuf.ts';
import { write } from './written.ts';

let protobuf: string | undefined;
const written = new Map<string, Written | undefined>();

/** The document of a group and version; undefined when it is not served. */
export function documentOf(path: string): Written | undefined {
  return once(path, () => openApiDocument(path, TEXTS));
}

/** All of them in the older form. */
export function swagger(): Written | undefined {
  return once('/', () => openApiV2(paths().map((path) => openApiDocument(path, TEXTS))));
}

/** The same in protocol buffers, as text that stands for the bytes. */
export function swaggerInProtobuf(): Written | undefined {
  const json = swagger();
  if (json === undefined) return undefined;
  protobuf ??= bytesToText(swaggerBytes(JSON.parse(json.text) as Record<string, unknown>));
  return { text: protobuf, hash: json.hash };
}

/** What `/openapi/v3` answers. */
export function indexOfDocuments(): string {
  const entries = paths().map((path) => [path, { serverRelativeURL: urlOf(path, documentOf(path)?.hash ?? '') }]);
  return JSON.stringify({ paths: Object.fromEntries(entries) as object });
}

export function urlOf(path: string, hash: string): string {
  return `/openapi/v3/${path}?hash=${hash}`;
}

function once(name: string, make: () => object | undefined): Written | undefined {
  if (!written.has(name)) {
    const document = make();
    written.set(name, document === undefined ? undefined : write(document));
  }
  return written.get(name);
}

function paths(): string[] {
  return [...new Set(SERVED.map(documentPath))].sort();
}
