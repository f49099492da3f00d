// Which kinds a recorded command is about, and what of its answer is about kinds that a cluster serves.
import { readdirSync, readFileSync } from 'node:fs';

interface Resource {
  readonly name: string;
  readonly singularName: string;
  readonly kind: string;
  readonly shortNames?: readonly string[];
}

interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly Resource[];
}

/** Generators of `kubectl create` whose word is no name of the kind. */
const GENERATORS: Readonly<Record<string, string>> = { quota: 'ResourceQuota', token: 'ServiceAccount' };
/** Commands that are about a kind without naming it. */
const IMPLIED: readonly (readonly [RegExp, string])[] = [
  [/^auth whoami/, 'SelfSubjectReview'],
  [/^auth can-i .*--list/, 'SelfSubjectRulesReview'],
  [/^auth can-i (?!-)/, 'SelfSubjectAccessReview'],
  // What somebody else may do is decided by RBAC's objects.
  [/ --as=/, 'ClusterRole'],
  [/^autoscale (?!-)/, 'HorizontalPodAutoscaler'],
];
/** Commands whose first word after the verb names a resource, or several. */
const NAMING = new Set(['get', 'describe', 'delete', 'edit', 'label', 'annotate', 'patch', 'explain', 'scale', 'wait']);

/** The kinds of a real cluster, and the ones that another cluster serves. */
export class ServedKinds {
  private readonly kinds = new Map<string, string>();
  private readonly known = new Set<string>();
  private readonly groupVersions: ReadonlySet<string>;
  private readonly served: ReadonlySet<string>;

  /** `served`: `apps/v1/Deployment` for each kind. */
  constructor(served: Iterable<string>) {
    this.served = new Set(served);
    this.groupVersions = new Set([...this.served].map((each) => each.slice(0, each.lastIndexOf('/'))));
    const folder = new URL('../../../shared/reference/openapi/discovery/', import.meta.url);
    for (const file of readdirSync(folder)) {
      const { groupVersion, resources } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as ResourceList;
      const group = groupVersion.includes('/') ? `.${groupVersion.split('/')[0] ?? ''}` : '';
      for (const { name, singularName, kind, shortNames = [] } of resources) {
        if (name.includes('/')) continue;
        const id = `${groupVersion}/${kind}`;
        this.known.add(id);
        for (const word of [name, singularName, ...shortNames, `${name}${group}`, kind.toLowerCase()])
          if (!this.kinds.has(word)) this.kinds.set(word, id);
      }
    }
  }

  isServed(groupVersion: string, kind: string): boolean {
    return this.served.has(`${groupVersion}/${kind}`);
  }

  /** A kind of a real cluster that is not served. */
  missing(groupVersion: string, kind: string): string | undefined {
    return this.known.has(`${groupVersion}/${kind}`) && !this.isServed(groupVersion, kind) ? kind : undefined;
  }

  /** The first kind of a path, `/apis/batch/v1/namespaces/a/jobs/b`, that is not served. */
  missingInPath(path: string): string | undefined {
    const match = /^\/(?:api|apis\/([^/]+))\/(v\d\w*)\/(?:namespaces\/[^/]+\/)?([a-z]+)/.exec(path.split('?')[0] ?? '');
    if (match === null) return undefined;
    const [, group, version = '', plural = ''] = match;
    return this.missingWord(group === undefined ? plural : `${plural}.${group}`, version);
  }

  /** The first kind that a command is about and that is not served. */
  missingIn(argv: readonly string[], stdin = ''): string | undefined {
    if (argv.includes('--help') || argv.includes('--dry-run=client')) return undefined;
    const line = argv.slice(1).join(' ');
    const raw = /^get --raw \/apis\/(\S+\/v\w+)$/.exec(line)?.[1];
    if (raw !== undefined && !this.groupVersions.has(raw)) {
      const unserved = [...this.known].find((id) => id.startsWith(`${raw}/`));
      if (unserved !== undefined) return unserved.slice(raw.length + 1);
    }
    const implied = IMPLIED.filter(([pattern]) => pattern.test(line)).map(([, kind]) => kind);
    const known = implied.map((kind) => [...this.known].find((id) => id.endsWith(`/${kind}`)) ?? '');
    const found = [...known, ...this.named(argv), ...inManifest(stdin)].find(
      (id) => this.known.has(id) && !this.served.has(id),
    );
    return found?.slice(found.lastIndexOf('/') + 1);
  }

  private named(argv: readonly string[]): readonly string[] {
    const [, verb = '', word = ''] = argv.filter((each) => !each.startsWith('-'));
    if (verb === 'create') {
      const generator = GENERATORS[word];
      return generator === undefined ? [this.kinds.get(word) ?? ''] : [`v1/${generator}`];
    }
    if (!NAMING.has(verb)) return [];
    return word
      .split(',')
      .map(
        (each) =>
          this.kinds.get(each.split(/[/]/)[0]?.replace(/^(\w+)\.\w+\..*/, '$1') ?? '') ??
          this.kinds.get(each.split('.')[0] ?? '') ??
          '',
      );
  }

  private missingWord(word: string, version: string): string | undefined {
    const id = this.kinds.get(word);
    if (id === undefined) return undefined;
    const kind = id.slice(id.lastIndexOf('/') + 1);
    const group = id.split('/').length > 2 ? `${id.split('/')[0] ?? ''}/` : '';
    return this.missing(`${group}${version}`, kind);
  }

  /** What an answer to a question about all kinds says of those that are served. */
  ofServed(argv: readonly string[], text: string): string {
    const [, verb, flag, path = ''] = argv;
    if (verb === 'api-versions') return keepLines(text, (line) => this.groupVersions.has(line.trim()));
    if (verb === 'api-resources') return keepLines(text, (line) => this.isLineOfServed(line));
    if (verb === 'get' && flag === '--raw' && /^\/(api|$)/.test(path)) return this.ofServedJson(text);
    return text;
  }

  private isLineOfServed(line: string): boolean {
    const words = line.split(/\s+/).filter((word) => word !== '');
    const versionAt = words.findIndex((word) => /^([a-z0-9.-]+\/)?v\d\w*$/.test(word));
    if (versionAt < 0) {
      const id = this.kinds.get(words[0] ?? '');
      return id === undefined || this.served.has(id);
    }
    return this.isServed(words[versionAt] ?? '', words[versionAt + 2] ?? '');
  }

  private ofServedJson(text: string): string {
    let value: {
      groups?: { name: string; versions: { groupVersion: string }[] }[];
      resources?: Resource[];
      groupVersion?: string;
      paths?: string[];
    };
    try {
      value = JSON.parse(text) as typeof value;
    } catch {
      return text;
    }
    const { groups, resources, groupVersion = '', paths } = value;
    if (groups !== undefined)
      value.groups = groups.filter(({ versions }) =>
        versions.some((each) => this.groupVersions.has(each.groupVersion)),
      );
    if (resources !== undefined) {
      const kept = resources.filter(({ name, kind }) => !name.includes('/') && this.isServed(groupVersion, kind));
      value.resources = resources.filter(({ name }) => kept.some((each) => each.name === name.split('/')[0]));
    }
    if (paths !== undefined) {
      const groupNames = [...this.groupVersions].map((each) => each.split('/')[0]);
      value.paths = paths.filter((path) => {
        const [, root, group, version] = path.split('/');
        if (root !== 'apis' || group === undefined || group === '') return true;
        return version === undefined ? groupNames.includes(group) : this.groupVersions.has(`${group}/${version}`);
      });
    }
    return JSON.stringify(value);
  }
}

/** `batch/v1/Job` for every document of a manifest. */
function inManifest(text: string): readonly string[] {
  const versions = [...text.matchAll(/^"?apiVersion"?: *"?([\w./]+)/gm)].map((match) => match[1] ?? '');
  const kinds = [...text.matchAll(/^"?kind"?: *"?(\w+)/gm)].map((match) => match[1] ?? '');
  return kinds.map((kind, i) => `${versions[i] ?? ''}/${kind}`);
}

function keepLines(text: string, keep: (line: string) => boolean): string {
  return text
    .split('\n')
    .filter((line) => line === '' || line.startsWith('NAME') || keep(line))
    .join('\n');
}

/** Reads what a server serves from its own discovery: `get` answers with the JSON of a path, or undefined. */
export async function servedBy(get: (path: string) => Promise<string | undefined>): Promise<ServedKinds> {
  const groups = JSON.parse((await get('/apis')) ?? '{}') as {
    groups?: { versions: { groupVersion: string }[] }[];
  };
  const versions = (groups.groups ?? []).flatMap((group) => group.versions.map((each) => each.groupVersion));
  const served: string[] = [];
  for (const path of ['/api/v1', ...versions.map((each) => `/apis/${each}`)]) {
    const list = JSON.parse((await get(path)) ?? '{}') as Partial<ResourceList>;
    for (const { name, kind } of list.resources ?? [])
      if (!name.includes('/')) served.push(`${list.groupVersion ?? ''}/${kind}`);
  }
  return new ServedKinds(served);
}
