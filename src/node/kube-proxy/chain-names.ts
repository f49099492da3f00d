import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array, length: number): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && text.length < length) {
      bits -= 5;
      text += alphabet[(value >>> bits) & 31] ?? '';
      value &= (1 << bits) - 1;
    }
    if (text.length === length) break;
  }
  return text;
}

const known = new Map<string, string>();

function hash(text: string): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  const name = base32(sha256(utf8ToBytes(text)), 16);
  known.set(text, name);
  return name;
}

/** KUBE-SVC-… of a Service port (Models pkg/proxy/iptables portProtoHash). */
export const serviceChain = (port: { readonly name: string; readonly protocol: string }) =>
  `KUBE-SVC-${hash(port.name + port.protocol)}`;
export const localChain = (port: { readonly name: string; readonly protocol: string }) =>
  `KUBE-SVL-${hash(port.name + port.protocol)}`;
export const externalChain = (port: { readonly name: string; readonly protocol: string }) =>
  `KUBE-EXT-${hash(port.name + port.protocol)}`;
export const endpointChain = (port: { readonly name: string; readonly protocol: string }, endpoint: string) =>
  `KUBE-SEP-${hash(port.name + port.protocol + endpoint)}`;
