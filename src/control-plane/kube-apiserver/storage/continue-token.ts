// Models apiserver/pkg/storage/continue.go.
import { badRequest } from '../../../api/status.ts';
import { decodeBase64Url, encodeBase64Url } from './base64.ts';
import { isObject } from '../../../lib/json.ts';
import { scanJson } from '../../../api/json-scan.ts';

export interface ContinueToken {
  /** Where the list goes on; -1: wherever the latest state is. */
  readonly revision: number;
  /** The first key that may come. */
  readonly from: string;
}

const TOKEN_VERSION = 'meta.k8s.io/v1';

export function encodeContinue(nextKey: string, prefix: string, revision: number): string {
  const start = nextKey.startsWith(prefix) ? nextKey.slice(prefix.length) : nextKey;
  const json = JSON.stringify({ v: TOKEN_VERSION, rv: revision, start: `/${start}` });
  return encodeBase64Url(json);
}

/** Throws ApiError on a token that this server did not make. */
export function decodeContinue(token: string, prefix: string): ContinueToken {
  const text = decodeBase64Url(token);
  if (text === undefined) throw invalidToken(`illegal base64 data at input byte ${illegalByteOf(token)}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidToken(scanJson(text).error ?? 'unexpected end of JSON input');
  }
  const fields = isObject(value) ? value : {};
  const { v, rv, start } = fields;
  if (v !== TOKEN_VERSION)
    throw badRequest(
      `invalid continue token: continue key is not valid: server does not recognize this encoded version "${typeof v === 'string' ? v : ''}"`,
    );
  if (typeof rv !== 'number' || rv === 0)
    throw badRequest(
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  if (typeof start !== 'string' || start === '')
    throw badRequest(
      'invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)',
    );
  const key = start.startsWith('/') ? start.slice(1) : start;
  if (key.split('/').includes('..')) throw badRequest(`invalid continue token: continue key is not valid: ${start}`);
  return { revision: rv, from: prefix + key };
}

function invalidToken(cause: string): Error {
  return badRequest(`invalid continue token: continue key is not valid: ${cause}`);
}

function illegalByteOf(token: string): number {
  const index = [...token].findIndex((char) => !/[A-Za-z0-9_-]/.test(char));
  return index < 0 ? token.length : index;
}
