// Who owns which fields of an object. Models structured-merge-diff/merge/update.go and apimachinery/pkg/util/managedfields.
import { deepEqual, isObject, stableStringify } from '../../lib/json.ts';
import { compareStrings, sortBy } from '../../lib/order.ts';
import type { Kind } from '../kind.ts';
import { apiVersionOf } from '../scheme.ts';
import type { ApiError } from '../status.ts';
import { badRequest, failure, plainError, quote } from '../status.ts';
import type { KubeObject, ManagedFieldsEntry } from '../types.gen.ts';
import { decode } from '../decode.ts';
import { compareObjects } from './compare.ts';
import type { FieldSet } from './field-set.ts';
import {
  difference,
  EMPTY_SET,
  intersection,
  isEmptySet,
  membersOf,
  parseFieldSet,
  pathText,
  recursiveDifference,
  union,
} from './field-set.ts';
import { fieldSetOf, mergeApplied, problemsOf, withNamedFields, withoutFields } from './typed.ts';

/** The one who writes. */
export interface Writer {
  readonly manager: string;
  readonly subresource: string;
  /** RFC 3339, with seconds. */
  readonly now: string;
}

type Entries = readonly ManagedFieldsEntry[];

/** What no one owns: the object's identity and what the server keeps. */
const NOT_OWNED: FieldSet = {
  'f:apiVersion': EMPTY_SET,
  'f:kind': EMPTY_SET,
  'f:metadata': {
    '.': EMPTY_SET,
    'f:clusterName': EMPTY_SET,
    'f:creationTimestamp': EMPTY_SET,
    'f:generation': EMPTY_SET,
    'f:managedFields': EMPTY_SET,
    'f:name': EMPTY_SET,
    'f:namespace': EMPTY_SET,
    'f:resourceVersion': EMPTY_SET,
    'f:selfLink': EMPTY_SET,
    'f:uid': EMPTY_SET,
  },
};

/** Beyond this many, the oldest updates are put together. Models the CapManagersManager. */
const MAX_UPDATE_MANAGERS = 10;
const ANCIENT_MANAGER = 'ancient-changes';

/** What a write through this door cannot change, so nobody comes to own it thereby. Models each strategy's GetResetFields. */
function resetFields(kind: Kind, subresource: string): readonly (readonly string[])[] {
  if (subresource === '') {
    const own = MAIN_RESETS[kind.type] ?? [];
    return [['metadata', 'managedFields'], ...(kind.hasStatus ? [['status']] : []), ...own];
  }
  if (subresource === 'approval') return [['metadata', 'managedFields'], ['spec'], ['status', 'certificate']];
  if (subresource !== 'status') return [['metadata', 'managedFields']];
  const more = STATUS_RESETS[kind.type] ?? [];
  return [['metadata', 'managedFields'], ['spec'], ...more];
}

const MAIN_RESETS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  CertificateSigningRequest: [['spec']],
};

const STATUS_RESETS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Pod: [
    ['metadata', 'deletionTimestamp'],
    ['metadata', 'ownerReferences'],
  ],
  CertificateSigningRequest: [['status', 'conditions']],
  Deployment: [['metadata', 'labels']],
};

/** The entries after an update from `live` (undefined: a creation) to `next`. */
export function trackUpdate(kind: Kind, live: KubeObject | undefined, next: KubeObject, writer: Writer): Entries {
  // By a sub-resource nobody resets them.
  const said = writer.subresource === '' ? next.metadata.managedFields : undefined;
  const entries = startingEntries(live, said);
  // What nobody is said to own stays so until somebody applies. Models the skipNonAppliedManager.
  if (live !== undefined && entries.length === 0) return entries;
  const before = live ?? emptyObject(kind);
  const { taken, removed } = compareObjects(kind.type, before, next, resetFields(kind, writer.subresource));
  if (isEmptySet(taken) && isEmptySet(removed)) return entries;
  const own = identify(kind, writer, 'Update');
  const others = entries
    .map((entry) =>
      isSame(entry, own) || entry.apiVersion !== own.apiVersion
        ? entry
        : withFields(entry, difference(difference(setOf(entry), taken), removed)),
    )
    .filter((entry) => isSame(entry, own) || !isEmptySet(setOf(entry)));
  const mine = others.find((entry) => isSame(entry, own));
  const gained = difference(taken, NOT_OWNED);
  const kept = mine === undefined ? EMPTY_SET : difference(setOf(mine), removed);
  const set = union(kept, gained);
  const rest = others.filter((entry) => entry !== mine);
  if (isEmptySet(set)) return capped(ordered(rest));
  if (isEmptySet(gained) && mine !== undefined) return capped(ordered([...rest, withFields(mine, set)]));
  return capped(ordered([...rest, entryOf(own, set, writer)]));
}

/** In the order in which upstream writes an entry's members. The scale sub-resource's entries have no time. */
function entryOf(own: ManagedFieldsEntry, set: FieldSet, { now, subresource }: Writer): ManagedFieldsEntry {
  const { subresource: named, ...head } = own;
  return {
    ...head,
    ...(subresource === 'scale' ? {} : { time: now }),
    fieldsType: 'FieldsV1',
    fieldsV1: stored(set),
    ...(named === undefined ? {} : { subresource: named }),
  };
}

export interface AppliedObject {
  /** Undefined: the live object says all of it already. */
  readonly object: Record<string, unknown> | undefined;
  readonly entries: Entries;
}

/** Lays an applied configuration over the live object. Throws ApiError: conflicts, or a configuration that does not fit the type. */
export function applyConfiguration(
  kind: Kind,
  live: KubeObject | undefined,
  config: Readonly<Record<string, unknown>>,
  writer: Writer,
  force: boolean,
): AppliedObject {
  checkConfiguration(kind, config);
  const base = live ?? emptyObject(kind);
  const ignored = ignoredSet(kind, writer.subresource);
  const own = identify(kind, writer, 'Apply');
  const entries = entriesBeforeApply(kind, live, writer);
  const last = entries.find((entry) => isSame(entry, own));
  const others = entries.filter((entry) => entry !== last);
  const said = recursiveDifference(fieldSetOf(kind.type, config), ignored);
  const merged = mergeApplied(kind.type, bare(base), withoutFields(kind.type, config, ignored));
  const sets = [...others.map(setOf), said];
  const next = last === undefined ? merged : pruned(kind, merged, setOf(last), sets);
  const { taken, removed } = compareObjects(kind.type, bare(base), next, resetFields(kind, writer.subresource));
  const conflicts = others
    .map((entry) => ({ entry, set: intersection(setOf(entry), taken) }))
    .filter(({ set }) => !isEmptySet(set));
  if (
    conflicts.length > 0 &&
    !force &&
    !isAllowed(
      kind,
      live,
      writer,
      conflicts.map(({ set }) => set),
    )
  ) {
    throw conflictError(conflicts);
  }
  const kept = others
    .map((entry) => withFields(entry, difference(difference(setOf(entry), taken), removed)))
    .filter((entry) => !isEmptySet(setOf(entry)));
  const set = difference(said, NOT_OWNED);
  const same = isEmptySet(taken) && isEmptySet(removed);
  const unchanged = live !== undefined && same && last !== undefined && deepEqual(setOf(last), set);
  if (unchanged) return { object: undefined, entries };
  const mine = entryOf(own, set, writer);
  return {
    object: live !== undefined && same ? undefined : withLastApplied(next, config, writer),
    entries: ordered(isEmptySet(set) ? kept : [...kept, mine]),
  };
}

/** kubectl's own record, if the object has one, follows what kubectl applies here. Models the LastAppliedUpdater. */
function withLastApplied(
  object: Record<string, unknown>,
  config: Readonly<Record<string, unknown>>,
  { manager }: Writer,
): Record<string, unknown> {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  if (manager !== 'kubectl' || annotations[LAST_APPLIED] === undefined) return object;
  const text = `${stableStringify(config)}\n`;
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED]: text } } };
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function checkConfiguration(kind: Kind, config: Readonly<Record<string, unknown>>): void {
  const wanted = apiVersionOf(kind);
  const version = typeof config['apiVersion'] === 'string' ? config['apiVersion'] : '';
  if (version !== wanted) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${version}, expected: ${wanted}`,
    );
  }
  const metadata = isObject(config['metadata']) ? config['metadata'] : {};
  if ((metadata['managedFields'] ?? null) !== null) throw badRequest('metadata.managedFields must be nil');
  const problems = problemsOf(kind.type, config);
  if (problems.length === 0) return;
  const text = problems.length === 1 ? problems[0] : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  const [namespace, name] = [metadata['namespace'] ?? '', metadata['name'] ?? ''].map(String);
  const said = typeof config['kind'] === 'string' ? config['kind'] : '';
  throw plainError(`failed to create typed patch object (${namespace}/${name}; ${version}, Kind=${said}): ${text}`);
}

/** Takes away what this manager applied last time, applies no more, and no one else owns. Models Updater.prune. */
function pruned(
  kind: Kind,
  merged: Record<string, unknown>,
  last: FieldSet,
  sets: readonly FieldSet[],
): Record<string, unknown> {
  const { type } = kind;
  const named = (set: FieldSet): FieldSet => withNamedFields(type, set);
  const everything = named(fieldSetOf(type, merged));
  const owned = named(sets.reduce(union, EMPTY_SET));
  const cutDown = withoutFields(type, merged, last);
  const backOwned = withoutFields(type, merged, difference(everything, union(named(fieldSetOf(type, cutDown)), owned)));
  const gone = difference(everything, named(fieldSetOf(type, backOwned)));
  return withoutFields(type, merged, intersection(gone, named(last)));
}

/** `kubectl apply --server-side` may take over what client-side apply recorded. Models the LastAppliedManager. */
function isAllowed(kind: Kind, live: KubeObject | undefined, writer: Writer, conflicts: readonly FieldSet[]): boolean {
  const text = live?.metadata.annotations?.[LAST_APPLIED];
  if (writer.manager !== 'kubectl' || text === undefined || text === '') return false;
  try {
    const recorded: unknown = JSON.parse(text);
    if (!isObject(recorded) || recorded['apiVersion'] !== apiVersionOf(kind)) return false;
    const allowed = fieldSetOf(kind.type, recorded);
    return conflicts.every((set) => isEmptySet(difference(set, allowed)));
  } catch {
    return false;
  }
}

interface Conflict {
  readonly entry: ManagedFieldsEntry;
  readonly set: FieldSet;
}

function conflictError(conflicts: readonly Conflict[]): ApiError {
  const all = sortBy(conflicts, ({ entry }) => managerText(entry)).flatMap(({ entry, set }) =>
    membersOf(set).map((path) => ({ manager: managerText(entry), field: pathText(path) })),
  );
  const causes = all.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field,
  }));
  return failure(409, 'Conflict', conflictText(all), { causes });
}

function conflictText(all: readonly { readonly manager: string; readonly field: string }[]): string {
  const [first] = all;
  if (all.length === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.field}`;
  }
  const lines: string[] = [];
  for (const [i, { manager, field }] of all.entries()) {
    if (manager !== all[i - 1]?.manager) lines.push(`conflicts with ${manager}:`);
    lines.push(`- ${field}`);
  }
  return `Apply failed with ${all.length} conflicts: ${lines.join('\n')}`;
}

/** `"kubectl" with subresource "scale" using apps/v1`; who applies does so in any version. */
function managerText(entry: ManagedFieldsEntry): string {
  const subresource = (entry.subresource ?? '') === '' ? '' : ` with subresource ${quote(entry.subresource ?? '')}`;
  const version = entry.operation === 'Update' ? ` using ${entry.apiVersion ?? ''}` : '';
  return `${quote(entry.manager ?? '')}${subresource}${version}`;
}

/** What was there before: the live object's, unless the request brings good ones of its own or resets them. */
function startingEntries(live: KubeObject | undefined, said: Entries | undefined): Entries {
  const known = live?.metadata.managedFields ?? [];
  if (said === undefined || said.length === 0 || deepEqual(said, known)) return known;
  if (said.length === 1 && Object.keys(said[0] ?? {}).length === 0) return [];
  return said.every(isGood) ? said : known;
}

/** Whoever made an object that nobody is said to own, owns all of it when somebody else first applies. */
function entriesBeforeApply(kind: Kind, live: KubeObject | undefined, writer: Writer): Entries {
  const known = live?.metadata.managedFields ?? [];
  if (live === undefined || known.length > 0) return known;
  const nobody = { ...live, metadata: { ...live.metadata, managedFields: [] } };
  return trackUpdate(kind, undefined, nobody, { ...writer, manager: BEFORE_FIRST_APPLY });
}

const BEFORE_FIRST_APPLY = 'before-first-apply';

function isGood(entry: ManagedFieldsEntry): boolean {
  return (
    (entry.operation === 'Apply' || entry.operation === 'Update') &&
    entry.fieldsType === 'FieldsV1' &&
    parseFieldSet(entry.fieldsV1) !== undefined
  );
}

function identify(kind: Kind, writer: Writer, operation: string): ManagedFieldsEntry {
  return {
    ...(writer.manager === '' ? {} : { manager: writer.manager }),
    operation,
    apiVersion: apiVersionOf(kind),
    ...subresourceOf(writer),
  };
}

function subresourceOf({ subresource }: Writer): { subresource?: string } {
  return subresource === '' ? {} : { subresource };
}

/** Of the same manager: one who applies is the same in every version. */
function isSame(a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean {
  return (
    (a.manager ?? '') === (b.manager ?? '') &&
    a.operation === b.operation &&
    (a.subresource ?? '') === (b.subresource ?? '') &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

function setOf(entry: ManagedFieldsEntry): FieldSet {
  return (entry.fieldsV1 ?? EMPTY_SET) as unknown as FieldSet;
}

function withFields(entry: ManagedFieldsEntry, set: FieldSet): ManagedFieldsEntry {
  return set === setOf(entry) ? entry : { ...entry, fieldsV1: stored(set) };
}

function stored(set: FieldSet): NonNullable<ManagedFieldsEntry['fieldsV1']> {
  return set as NonNullable<ManagedFieldsEntry['fieldsV1']>;
}

/** Appliers first, then by time. */
function ordered(entries: Entries): Entries {
  return [...entries].sort(
    (a, b) =>
      compareStrings(a.operation ?? '', b.operation ?? '') ||
      compareStrings(a.time ?? '', b.time ?? '') ||
      compareStrings(a.manager ?? '', b.manager ?? '') ||
      compareStrings(a.apiVersion ?? '', b.apiVersion ?? '') ||
      compareStrings(a.subresource ?? '', b.subresource ?? ''),
  );
}

function capped(entries: Entries): Entries {
  const updates = entries.filter(({ operation }) => operation === 'Update');
  if (updates.length <= MAX_UPDATE_MANAGERS) return entries;
  const [first, second] = updates;
  if (first === undefined || second === undefined || first.apiVersion !== second.apiVersion) return entries;
  const both: ManagedFieldsEntry = {
    manager: ANCIENT_MANAGER,
    operation: 'Update',
    apiVersion: second.apiVersion ?? '',
    ...(second.time === undefined ? {} : { time: second.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: stored(union(setOf(first), setOf(second))),
  };
  return capped(ordered([...entries.filter((entry) => entry !== first && entry !== second), both]));
}

/** Texts that Go writes even when empty. */
const WRITTEN_EMPTY: Readonly<Record<string, object>> = { Event: { reportingComponent: '', reportingInstance: '' } };

const empties = new Map<string, KubeObject>();

/** An object of this kind that says nothing yet. */
function emptyObject(kind: Kind): KubeObject {
  let empty = empties.get(kind.type);
  if (empty === undefined) {
    empty = { metadata: {}, ...decode(kind.type, {}).value, ...WRITTEN_EMPTY[kind.type] } as unknown as KubeObject;
    empties.set(kind.type, empty);
  }
  return empty;
}

/** Without the entries themselves. */
function bare(object: KubeObject): Record<string, unknown> {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function ignoredSet(kind: Kind, subresource: string): FieldSet {
  return resetFields(kind, subresource).reduce<FieldSet>((set, path) => union(set, asSet(path)), EMPTY_SET);
}

function asSet(path: readonly string[]): FieldSet {
  const [first, ...rest] = path;
  return first === undefined ? EMPTY_SET : { [`f:${first}`]: asSet(rest) };
}
