import { LAST_APPLIED } from '../../apply-object.ts';
import type { Context } from '../../command.ts';
import { deleteOptions, propagationOf } from '../../deletion.ts';
import { pathTo } from '../../discovery.ts';
import type { ApiResource } from '../../discovery.ts';
import { dryRunOf } from '../../dry-run.ts';
import { asError, CliError } from '../../errors.ts';
import type { FlagSpec } from '../../flags.ts';
import { goQuote } from '../../../text/go-quote.ts';
import { logLine } from '../../klog.ts';
import { annotationsOf, apiVersionOf, list, nameOf } from '../../object.ts';
import { discoveryOf } from '../../selection.ts';
import type { Obj } from '../../server.ts';
import { uidOf } from '../../wait-for.ts';

export const PRUNE_FLAGS: readonly FlagSpec[] = [
  { name: 'prune', type: 'bool', fallback: 'false', usage: 'Delete what was applied before and is no longer given.' },
  { name: 'prune-allowlist', type: 'array', usage: 'Kind that may be pruned: group/version/kind; can be repeated.' },
];

/** Kinds that are pruned unless an allow-list says otherwise. */
const USUAL = [
  ...['ConfigMap', 'Endpoints', 'Namespace', 'PersistentVolumeClaim', 'PersistentVolume', 'Pod'].map(core),
  ...['ReplicationController', 'Secret', 'Service'].map(core),
  ...['batch/v1/Job', 'batch/v1/CronJob', 'networking.k8s.io/v1/Ingress'],
  ...['apps/v1/DaemonSet', 'apps/v1/Deployment', 'apps/v1/ReplicaSet', 'apps/v1/StatefulSet'],
];
const CLUSTER_WIDE = ['Namespace', 'PersistentVolume'];

function core(kind: string): string {
  return `core/v1/${kind}`;
}

interface PruneKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Models prune.ParseResources. */
export async function allowedKinds(context: Context): Promise<readonly ApiResource[]> {
  const found: ApiResource[] = [];
  for (const text of context.flags.list('prune-allowlist')) found.push(await mapped(context, kindIn(text)));
  return found;
}

function kindIn(text: string): PruneKind {
  const [group = '', version = '', kind, ...more] = text.split('/');
  if (kind === undefined || more.length > 0)
    throw new CliError(`invalid GroupVersionKind format: ${text}, please follow <group/version/kind>`);
  return { group: group === 'core' ? '' : group, version, kind };
}

async function mapped(context: Context, { group, version, kind }: PruneKind): Promise<ApiResource> {
  const apiVersion = apiVersionOf(group, version);
  const resource = await discoveryOf(context).findKind(apiVersion, kind);
  if (resource === undefined)
    throw new CliError(`no matches for kind ${goQuote(kind)} in version ${goQuote(apiVersion)}`);
  return resource;
}

/** Kinds to look through: those of the allow-list, else the usual ones. Models prune.GetRESTMappings. */
async function kindsToPrune(context: Context, allowed: readonly ApiResource[]): Promise<readonly ApiResource[]> {
  if (allowed.length > 0) return allowed;
  if (context.namespaceGiven)
    logLine(
      context.io,
      'W',
      'prune.go:71',
      'Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.',
    );
  const found: ApiResource[] = [];
  for (const text of USUAL) {
    const { group, version, kind } = kindIn(text);
    try {
      found.push(await mapped(context, { group, version, kind }));
    } catch (error) {
      const which = `${group}/${version}, Kind=${kind}, Namespaced=${String(!CLUSTER_WIDE.includes(kind))}`;
      throw new CliError(
        `error retrieving RESTMappings to prune: invalid resource ${which}: ${asError(error).message}`,
      );
    }
  }
  return found;
}

/** What was applied once, and is not among the given objects. Models apply/prune.go. */
export async function toPrune(
  context: Context,
  allowed: readonly ApiResource[],
  applied: readonly Obj[],
  namespaces: readonly string[],
): Promise<readonly { readonly resource: ApiResource; readonly namespace: string; readonly object: Obj }[]> {
  const kinds = await kindsToPrune(context, allowed);
  const kept = new Set(applied.map(uidOf));
  const found: { resource: ApiResource; namespace: string; object: Obj }[] = [];
  const places = [
    ...namespaces.flatMap((namespace) =>
      kinds.filter(({ namespaced }) => namespaced).map((resource) => ({ resource, namespace })),
    ),
    ...kinds.filter(({ namespaced }) => !namespaced).map((resource) => ({ resource, namespace: '' })),
  ];
  for (const { resource, namespace } of places) {
    const { flags, server } = context;
    const query = { labelSelector: flags.string('selector') };
    const { apiVersion, items } = await server
      .json('GET', pathTo(resource, namespace), { query })
      .then((answer) => ({ apiVersion: answer['apiVersion'] ?? '', items: list(answer, 'items') }));
    for (const item of items)
      if (annotationsOf(item)[LAST_APPLIED] !== undefined && !kept.has(uidOf(item)))
        found.push({ resource, namespace, object: { apiVersion, kind: resource.kind, ...item } });
  }
  return found;
}

/** Deletes them, and tells of each. */
export async function prune(
  context: Context,
  allowed: readonly ApiResource[],
  applied: readonly Obj[],
  namespaces: readonly string[],
  tell: (object: Obj) => void,
): Promise<void> {
  const dryRun = dryRunOf(context);
  const { flags } = context;
  const body = deleteOptions(propagationOf(flags.string('cascade')), flags.int('grace-period'), dryRun);
  for (const { resource, namespace, object } of await toPrune(context, allowed, applied, namespaces)) {
    if (dryRun !== 'client') await context.server.json('DELETE', pathTo(resource, namespace, nameOf(object)), { body });
    tell(object);
  }
}
