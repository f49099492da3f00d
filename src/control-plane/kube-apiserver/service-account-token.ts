import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8Bytes } from '../../lib/fnv.ts';
import { encodeBase64Url, encodeBytesBase64Url } from './storage/base64.ts';

/** Shared by all apiservers, as /etc/kubernetes/pki/sa.key is: any of them can check what another signed. */
const KEY = Uint8Array.from(utf8Bytes('kubarium service account key'));

/** A JSON Web Token. */
export function signToken(claims: object): string {
  const head = encodeBase64Url(JSON.stringify({ alg: 'HS256', kid: 'sa', typ: 'JWT' }));
  const body = encodeBase64Url(JSON.stringify(claims));
  const signature = hmac(sha256, KEY, Uint8Array.from(utf8Bytes(`${head}.${body}`)));
  return `${head}.${body}.${encodeBytesBase64Url(signature)}`;
}
