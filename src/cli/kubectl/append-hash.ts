import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { setOwn, stableStringify } from '../../lib/json.ts';
import type { Context } from './command.ts';
import { nameOf, record, withValue } from './object.ts';
import type { Obj } from './server.ts';

/** Digits and vowels that could spell a word become other letters. Models kubectl/pkg/util/hash. */
const LETTERS: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

/** With --append-hash, a ConfigMap's or Secret's name ends with a hash of its content. */
export function withHash(context: Context, object: Obj): Obj {
  return context.flags.bool('append-hash') ? hashed(object) : object;
}

/** kustomize knows neither the name nor what is immutable in its hash. */
export function hashed(object: Obj, kustomize = false): Obj {
  const name = kustomize ? '' : nameOf(object);
  const { kind, type, immutable, binaryData } = object;
  const content: Record<string, unknown> = { kind, name, data: record(object, 'data') };
  if (kind === 'Secret') content['type'] = type ?? '';
  for (const [key, value] of Object.entries(kustomize ? { binaryData } : { immutable, binaryData }))
    if (value !== undefined) setOwn(content, key, value);
  if (kind === 'ConfigMap' && object['data'] === undefined) content['data'] = '';
  const digest = bytesToHex(sha256(utf8ToBytes(stableStringify(content))));
  const suffix = [...digest.slice(0, 10)].map((letter) => LETTERS[letter] ?? letter).join('');
  return withValue(object, ['metadata', 'name'], `${nameOf(object)}-${suffix}`);
}
