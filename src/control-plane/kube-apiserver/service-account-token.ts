import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8Bytes } from '../../lib/fnv.ts';
import { isObject } from '../../lib/json.ts';
import { decodeBase64Url, encodeBase64Url, encodeBytesBase64Url } from './storage/base64.ts';

/** Shared by all apiservers, as /etc/kubernetes/pki/sa.key is: any of them can check what another signed. */
const KEY = Uint8Array.from(utf8Bytes('kubarium service account key'));

interface Bound {
  readonly name: string;
  readonly uid: string;
}

export interface TokenClaims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly nbf: number;
  readonly sub: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: Bound;
    readonly pod?: Bound;
    readonly node?: { readonly name: string };
    readonly warnafter?: number;
  };
}

/** A JSON Web Token. */
export function signToken(claims: TokenClaims): string {
  const head = encodeBase64Url(JSON.stringify({ alg: 'HS256', kid: 'sa', typ: 'JWT' }));
  const body = encodeBase64Url(JSON.stringify(claims));
  return `${head}.${body}.${signatureOf(head, body)}`;
}

/** What a token of ours says; undefined when it is none. */
export function readToken(token: string): TokenClaims | undefined {
  const [head = '', body = '', signature, ...more] = token.split('.');
  if (signature === undefined || more.length > 0 || signature !== signatureOf(head, body)) return undefined;
  const text = decodeBase64Url(body);
  if (text === undefined) return undefined;
  const claims: unknown = JSON.parse(text);
  // Whoever holds the key wrote it as it should be.
  return isObject(claims) ? (claims as unknown as TokenClaims) : undefined;
}

function signatureOf(head: string, body: string): string {
  return encodeBytesBase64Url(hmac(sha256, KEY, Uint8Array.from(utf8Bytes(`${head}.${body}`))));
}
