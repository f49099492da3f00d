import { fnv1a32 } from '../lib/fnv.ts';
import { stableStringify } from '../lib/json.ts';
import type { PodTemplateSpec } from './types.gen.ts';
import { safeEncode } from './names.ts';

/** The value of `pod-template-hash`; a collision count that is raised gives another one. */
export function podTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  const suffix = collisionCount === undefined ? '' : `#${collisionCount}`;
  return safeEncode(String(fnv1a32(stableStringify(template) + suffix)));
}
