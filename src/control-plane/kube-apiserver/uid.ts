import type { Env } from '../../sim/env.ts';

/** A random (version 4) UUID. */
export function newUid(env: Env): string {
  const hex = env.random.hex(32);
  const variant = '89ab'.charAt(env.random.below(4));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
