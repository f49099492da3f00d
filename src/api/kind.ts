/** What the API machinery needs to know of a kind: data only, so that any program can load it. */
export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export interface Subresource {
  readonly name: string;
  /** What its requests carry, which need not be the kind itself. */
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly Verb[];
}

export type NameRule = 'subdomain' | 'label' | 'label1035' | 'label-or-empty' | 'path-segment';

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  /** Ends with a slash: `/registry/pods/`. */
  readonly storagePrefix: string;
  /** What discovery says of the stored version. */
  readonly storageVersionHash: string;
  /** The row of the schema table that describes it. */
  readonly type: string;
  readonly nameRule: NameRule;
  /** A status subresource exists: writes to the main resource leave `status` alone. */
  readonly hasStatus: boolean;
  /** `metadata.generation` counts changes of the spec. */
  readonly hasGeneration: boolean;
  /** An update may create what does not exist. */
  readonly createOnUpdate: boolean;
  /** Deleted after a grace period that its keeper works through. */
  readonly graceful: boolean;
  /** Field selectors beyond `metadata.name` and `metadata.namespace`. */
  readonly selectableFields: readonly string[];
}

export interface FieldSelectorView {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

type Given = Pick<Kind, 'kind' | 'plural' | 'storagePrefix' | 'storageVersionHash'> & Partial<Kind>;

export const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** Fills in what most kinds share. */
export function defineKind(given: Given): Kind {
  return {
    group: '',
    version: 'v1',
    singular: given.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: ALL_VERBS,
    subresources: [],
    type: given.kind,
    nameRule: 'subdomain',
    hasStatus: given.subresources?.some((subresource) => subresource.name === 'status') ?? false,
    hasGeneration: false,
    createOnUpdate: false,
    graceful: false,
    selectableFields: [],
    ...given,
  };
}

const GET_PATCH_UPDATE: readonly Verb[] = ['get', 'patch', 'update'];

export function statusOf(kind: string): Subresource {
  return { name: 'status', kind, verbs: GET_PATCH_UPDATE };
}

export const SCALE: Subresource = {
  name: 'scale',
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  verbs: GET_PATCH_UPDATE,
};
