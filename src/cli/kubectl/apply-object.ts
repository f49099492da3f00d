import { createThreeWayMergePatch } from '../../api/patch/merge-patch.ts';
import { createThreeWayPatch } from '../../api/patch/strategic-diff.ts';
import { hasType } from '../../api/schema.ts';
import { compactJson, goJson } from '../text/go-json.ts';
import type { ApiResource } from './discovery.ts';
import { annotationsOf, at, withValue } from './object.ts';
import type { Obj } from './server.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object as it was given, recorded in its own annotation. Models util.CreateOrUpdateAnnotation. */
export function withLastApplied(object: Obj): Obj {
  const annotations = annotationsOf(object);
  const { [LAST_APPLIED]: _previous, ...rest } = annotations;
  const bare = withValue(object, ['metadata', 'annotations'], rest);
  return withValue(object, ['metadata', 'annotations'], { ...rest, [LAST_APPLIED]: `${compactJson(bare)}\n` });
}

/** The same for an object that kubectl made itself: its fields keep their order, and nothing empty is said. */
export function withLastAppliedAsMade(object: Obj): Obj {
  const annotations = { ...annotationsOf(object), [LAST_APPLIED]: `${goJson(object)}\n` };
  return withValue(object, ['metadata', 'annotations'], annotations);
}

export function lastApplied(object: Obj): Obj | undefined {
  const text = annotationsOf(object)[LAST_APPLIED];
  if (text === undefined) return undefined;
  return JSON.parse(text) as Obj;
}

export interface ApplyPatch {
  readonly contentType: 'application/strategic-merge-patch+json' | 'application/merge-patch+json';
  readonly patch: Obj;
}

/** What takes the live object to the given one, fields removed since the last apply included. */
export function applyPatch(resource: ApiResource, given: Obj, live: Obj): ApplyPatch {
  return patchTo(resource, withLastApplied(given), live);
}

/** The same without recording what was given: a diff shows only what the user wrote. */
export function diffPatch(resource: ApiResource, given: Obj, live: Obj): ApplyPatch {
  const { [LAST_APPLIED]: _, ...annotations } = annotationsOf(given);
  return patchTo(resource, withValue(given, ['metadata', 'annotations'], annotations), live);
}

function patchTo(resource: ApiResource, modified: Obj, live: Obj): ApplyPatch {
  const original = lastApplied(live) ?? {};
  if (hasType(resource.kind)) {
    const patch = createThreeWayPatch(original, modified, live, resource.kind) as Obj;
    return { contentType: 'application/strategic-merge-patch+json', patch };
  }
  const patch = createThreeWayMergePatch(original, modified, live) as Obj;
  return { contentType: 'application/merge-patch+json', patch };
}

export function isEmptyPatch(patch: unknown): boolean {
  return Object.keys((patch ?? {}) as object).length === 0;
}

export function isBeingDeleted(object: Obj): boolean {
  return at(object, 'metadata', 'deletionTimestamp') !== undefined;
}
