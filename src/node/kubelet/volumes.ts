import type { Container, KeyToPath, Pod, Volume, VolumeProjection } from '../../api/types.gen.ts';
import { ServiceAccounts } from '../../client/resources.ts';
import { sortedKeys } from '../../lib/order.ts';
import { MILLISECOND, SECOND, type Micros } from '../../sim/env.ts';
import { base64Decode } from './base64.ts';
import type { Kubelet } from './context.ts';
import { fieldValue, resourceValue, type PodFacts } from './environment.ts';
import { apiReason, messageOf, podRef, uidOf } from './format.ts';

type Files = ReadonlyMap<string, string>;

/** Why a volume could not be set up. */
class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

/** How long a pod worker waits for its volumes: podAttachAndMountTimeout. */
const MOUNT_TIMEOUT: Micros = 123 * SECOND;
const FIRST_RETRY: Micros = 500 * MILLISECOND;
const LAST_RETRY: Micros = 122 * SECOND;
const PLUGINS = {
  configMap: 'configmap',
  downwardAPI: 'downward-api',
  emptyDir: 'empty-dir',
  projected: 'projected',
  secret: 'secret',
} as const;

export function podDirectory(uid: string): string {
  return `/var/lib/kubelet/pods/${uid}`;
}

/** Where a volume's files are on the node. */
export function volumePath(pod: Pod, volume: Volume): string {
  if (volume.hostPath !== undefined) return volume.hostPath.path.replace(/\/+$/, '') || '/';
  return `${podDirectory(uidOf(pod))}/volumes/kubernetes.io~${pluginOf(volume)}/${volume.name}`;
}

function pluginOf(volume: Volume): string {
  for (const [key, plugin] of Object.entries(PLUGINS)) if (key in volume) return plugin;
  return 'empty-dir';
}

/** Sets up the pod's volumes, trying again with growing pauses; undefined when all are there, else why not. */
export async function mountVolumes(
  kubelet: Kubelet,
  pod: Pod,
  stillWanted: () => boolean,
): Promise<string | undefined> {
  const { env } = kubelet;
  const began = env.uptime();
  const pending = (pod.spec.volumes ?? []).map((volume) => ({ volume, retryAt: 0, pause: FIRST_RETRY }));
  for (;;) {
    for (const [index, item] of [...pending.entries()].reverse()) {
      if (item.retryAt > env.uptime()) continue;
      const problem = await setUp(kubelet, pod, item.volume);
      if (problem === undefined) {
        pending.splice(index, 1);
        continue;
      }
      kubelet.recorder.event(
        podRef(pod),
        'Warning',
        'FailedMount',
        `MountVolume.SetUp failed for volume "${item.volume.name}" : ${problem}`,
      );
      item.retryAt = env.uptime() + item.pause;
      item.pause = Math.min(item.pause * 2, LAST_RETRY);
    }
    if (pending.length === 0) return undefined;
    if (!stillWanted()) return 'context canceled';
    if (env.uptime() - began > MOUNT_TIMEOUT) {
      const all = (pod.spec.volumes ?? []).map(({ name }) => name);
      const missing = pending.map(({ volume }) => volume.name);
      return `unmounted volumes=[${missing.join(' ')}], unattached volumes=[], failed to process volumes=[]: context deadline exceeded${all.length === 0 ? '' : ''}`;
    }
    await env.sleep(300 * MILLISECOND);
  }
}

async function setUp(kubelet: Kubelet, pod: Pod, volume: Volume): Promise<string | undefined> {
  try {
    const path = volumePath(pod, volume);
    if (volume.hostPath !== undefined) return checkHostPath(kubelet, volume, path);
    const files = await filesOf(kubelet, pod, volume);
    if (files === undefined) {
      if (kubelet.env.disk.read(`${path}/.dir`) === undefined) kubelet.env.disk.write(`${path}/.dir`, '');
    } else replaceFiles(kubelet, path, files, volume.configMap === undefined);
    return undefined;
  } catch (error) {
    if (error instanceof VolumeError) return error.message;
    if (apiReason(error) !== undefined || error instanceof Error) return messageOf(error);
    throw error;
  }
}

function checkHostPath(kubelet: Kubelet, volume: Volume, path: string): string | undefined {
  const { disk } = kubelet.env;
  const isFile = disk.read(path) !== undefined;
  const isDirectory = disk.list(`${path}/`).length > 0;
  switch (volume.hostPath?.type) {
    case 'Directory':
      return isDirectory || path === '/' ? undefined : `hostPath type check failed: ${path} is not a directory`;
    case 'File':
      return isFile ? undefined : `hostPath type check failed: ${path} is not a file`;
    case 'FileOrCreate':
      if (!isFile) disk.write(path, '');
      return undefined;
    case 'DirectoryOrCreate':
      if (!isDirectory) disk.write(`${path}/.dir`, '');
      return undefined;
    default:
      return undefined;
  }
}

/** Swaps a volume's files for the new ones. What may be secret is kept in memory only. */
function replaceFiles(kubelet: Kubelet, path: string, files: Files, tmpfs: boolean): void {
  const { disk } = kubelet.env;
  const wanted = new Set([...files.keys()].map((name) => `${path}/${name}`));
  for (const old of disk.list(`${path}/`)) if (!wanted.has(old)) disk.remove(old);
  for (const [name, text] of files) {
    const file = `${path}/${name}`;
    const old = disk.read(file);
    // What is there already is better than nothing.
    if (old !== text && !disk.write(file, text, tmpfs ? 'memory' : undefined) && old === undefined)
      throw new VolumeError(`open ${file}: no space left on device`);
  }
  if (files.size === 0) disk.write(`${path}/.dir`, '');
}

/** A volume's files as the API has them; undefined for a volume that belongs to the pod (emptyDir). */
async function filesOf(kubelet: Kubelet, pod: Pod, volume: Volume): Promise<Files | undefined> {
  const facts: PodFacts = { podIp: '', hostIp: kubelet.config.nodeIp };
  if (volume.emptyDir !== undefined) return undefined;
  if (volume.configMap !== undefined) return configMapFiles(kubelet, pod, volume.configMap);
  if (volume.secret !== undefined)
    return secretFiles(kubelet, pod, {
      ...volume.secret,
      ...(volume.secret.secretName === undefined ? {} : { name: volume.secret.secretName }),
    });
  if (volume.downwardAPI !== undefined) return downwardFiles(kubelet, pod, volume.downwardAPI.items ?? [], facts);
  if (volume.projected === undefined) throw new VolumeError(`no volume plugin matched`);
  const files = new Map<string, string>();
  for (const source of volume.projected.sources ?? [])
    for (const [name, text] of await projectedFiles(kubelet, pod, source, facts)) files.set(name, text);
  return files;
}

async function projectedFiles(kubelet: Kubelet, pod: Pod, source: VolumeProjection, facts: PodFacts): Promise<Files> {
  if (source.configMap !== undefined) return configMapFiles(kubelet, pod, source.configMap);
  if (source.secret !== undefined) return secretFiles(kubelet, pod, source.secret);
  if (source.downwardAPI !== undefined) return downwardFiles(kubelet, pod, source.downwardAPI.items ?? [], facts);
  if (source.serviceAccountToken !== undefined)
    return new Map([[source.serviceAccountToken.path, await tokenOf(kubelet, pod, source.serviceAccountToken)]]);
  return new Map();
}

interface KeyedSource {
  readonly name?: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

async function configMapFiles(kubelet: Kubelet, pod: Pod, source: KeyedSource): Promise<Files> {
  const object = await kubelet.configMaps.get(pod.metadata.namespace ?? 'default', source.name ?? '');
  if (object === undefined && source.optional !== true)
    throw new VolumeError(`configmap "${source.name ?? ''}" not found`);
  return keyedFiles({ ...object?.data, ...decodeAll(object?.binaryData) }, source, 'configmap');
}

async function secretFiles(kubelet: Kubelet, pod: Pod, source: KeyedSource): Promise<Files> {
  const object = await kubelet.secrets.get(pod.metadata.namespace ?? 'default', source.name ?? '');
  if (object === undefined && source.optional !== true)
    throw new VolumeError(`secret "${source.name ?? ''}" not found`);
  return keyedFiles(decodeAll(object?.data), source, 'secret');
}

function decodeAll(data: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(sortedKeys(data ?? {}).map((key) => [key, base64Decode(data?.[key] ?? '')]));
}

function keyedFiles(data: Readonly<Record<string, string>>, source: KeyedSource, kind: string): Files {
  if (source.items === undefined) return new Map(sortedKeys(data).map((key) => [key, data[key] ?? '']));
  const files = new Map<string, string>();
  for (const { key, path } of source.items) {
    const text = data[key];
    if (text !== undefined) files.set(path, text);
    else if (source.optional !== true)
      throw new VolumeError(`${kind} references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${key}`);
  }
  return files;
}

function downwardFiles(
  kubelet: Kubelet,
  pod: Pod,
  items: readonly {
    readonly path: string;
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: {
      readonly containerName?: string;
      readonly resource: string;
      readonly divisor?: string;
    };
  }[],
  facts: PodFacts,
): Files {
  return new Map(
    items.map(({ path, fieldRef, resourceFieldRef }) => {
      if (fieldRef !== undefined) return [path, fieldValue(pod, fieldRef.fieldPath, facts)] as const;
      const container = pod.spec.containers.find(({ name }) => name === resourceFieldRef?.containerName);
      return [
        path,
        container === undefined
          ? ''
          : resourceValue(kubelet, container, resourceFieldRef?.resource ?? '', resourceFieldRef?.divisor),
      ] as const;
    }),
  );
}

async function tokenOf(
  kubelet: Kubelet,
  pod: Pod,
  source: { readonly audience?: string; readonly expirationSeconds?: number },
): Promise<string> {
  const account = pod.spec.serviceAccountName ?? 'default';
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences: source.audience === undefined ? [] : [source.audience],
      expirationSeconds: source.expirationSeconds ?? 3600,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: uidOf(pod) },
    },
  };
  const key = `${uidOf(pod)}/${account}/${source.audience ?? ''}`;
  const known = kubelet.tokens.get(key);
  if (known !== undefined && known.renewAt > kubelet.env.uptime()) return known.token;
  try {
    const answer = await kubelet.client.createSubresource(
      ServiceAccounts,
      account,
      pod.metadata.namespace,
      'token',
      request,
    );
    const token = decodeToken(answer);
    // Renewed after four fifths of its life.
    const renewAt = kubelet.env.uptime() + Math.floor((request.spec.expirationSeconds * 4) / 5) * SECOND;
    kubelet.tokens.set(key, { token, renewAt });
    return token;
  } catch (error) {
    throw new VolumeError(`failed to fetch token: ${messageOf(error)}`);
  }
}

function decodeToken(answer: unknown): string {
  return (answer as { status?: { token?: string } }).status?.token ?? '';
}

/** What the runtime mounts into a container. */
export function mountsOf(
  pod: Pod,
  container: Container,
): { containerPath: string; hostPath: string; readonly: boolean }[] {
  const mounts = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = (pod.spec.volumes ?? []).find(({ name }) => name === mount.name);
    if (volume === undefined) continue;
    const base = volumePath(pod, volume);
    const isReadOnly =
      mount.readOnly === true ||
      volume.configMap !== undefined ||
      volume.secret !== undefined ||
      volume.projected !== undefined ||
      volume.downwardAPI !== undefined;
    const sub = (mount.subPath ?? '').replace(/^\/+|\/+$/g, '');
    mounts.push({
      containerPath: mount.mountPath.replace(/\/+$/, '') || '/',
      hostPath: sub === '' ? base : `${base}/${sub}`,
      readonly: isReadOnly,
    });
  }
  return mounts;
}

/** Removes what a pod left on the node's disk; paths of the host are not the pod's. */
export function removePodDirectory(kubelet: Kubelet, uid: string): void {
  for (const path of kubelet.env.disk.list(`${podDirectory(uid)}/`)) kubelet.env.disk.remove(path);
}
