// Models pkg/apis/core/v1/defaults.go for pods and what holds their templates.
import type { Container, Pod, PodSpec, Probe, Volume } from '../types.gen.ts';
import type { Mutable } from './mutable.ts';
import type { Defaults } from './table.ts';
import { applyDefaults, below } from './table.ts';

const HANDLER: Defaults = [
  ['httpGet.path', '/'],
  ['httpGet.scheme', 'HTTP'],
];

const PROBE: Defaults = [
  ['timeoutSeconds', 1],
  ['periodSeconds', 10],
  ['successThreshold', 1],
  ['failureThreshold', 3],
  ['grpc.service', ''],
  ...HANDLER,
];

const CONTAINER: Defaults = [
  ['terminationMessagePath', '/dev/termination-log'],
  ['terminationMessagePolicy', 'File'],
  ['ports[].protocol', 'TCP'],
  ['env[].valueFrom.fieldRef.apiVersion', 'v1'],
  ['env[].valueFrom.resourceFieldRef.divisor', '0'],
  ['env[].valueFrom.fileKeyRef.optional', false],
  ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => below(name, PROBE)),
  ...['lifecycle.postStart', 'lifecycle.preStop'].flatMap((name) => below(name, HANDLER)),
];

const DOWNWARD_ITEMS: Defaults = [
  ['items[].fieldRef.apiVersion', 'v1'],
  ['items[].resourceFieldRef.divisor', '0'],
];

const VOLUME: Defaults = [
  ['secret.defaultMode', 420],
  ['configMap.defaultMode', 420],
  ['downwardAPI.defaultMode', 420],
  ['projected.defaultMode', 420],
  ['projected.sources[].serviceAccountToken.expirationSeconds', 3600],
  ['hostPath.type', ''],
  ['iscsi.iscsiInterface', 'default'],
  ['rbd.pool', 'rbd'],
  ['rbd.user', 'admin'],
  ['rbd.keyring', '/etc/ceph/keyring'],
  ['azureDisk.cachingMode', 'ReadWrite'],
  ['azureDisk.kind', 'Shared'],
  ['azureDisk.fsType', 'ext4'],
  ['azureDisk.readOnly', false],
  ['scaleIO.storageMode', 'ThinProvisioned'],
  ['scaleIO.fsType', 'xfs'],
  ['ephemeral.volumeClaimTemplate.spec.volumeMode', 'Filesystem'],
  ...below('downwardAPI', DOWNWARD_ITEMS),
  ...below('projected.sources[].downwardAPI', DOWNWARD_ITEMS),
];

const POD_SPEC: Defaults = [
  ['dnsPolicy', 'ClusterFirst'],
  ['restartPolicy', 'Always'],
  ['securityContext', {}],
  ['terminationGracePeriodSeconds', 30],
  ['schedulerName', 'default-scheduler'],
  ...below('containers[]', CONTAINER),
  ...below('initContainers[]', CONTAINER),
  ...below('ephemeralContainers[]', CONTAINER),
  ...below('volumes[]', VOLUME),
];

/** Defaults of a pod's spec wherever it stands, in a template too. */
export function defaultPodSpec(spec: Mutable<PodSpec>): void {
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of allContainers(spec)) defaultContainer(container);
  applyDefaults(spec, POD_SPEC);
  mirrorServiceAccount(spec);
}

/** Defaults that only a pod itself gets. */
export function defaultPod(pod: Mutable<Pod>): void {
  const { spec } = pod;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const limits = container.resources?.limits;
    if (limits === undefined) continue;
    container.resources = { ...container.resources, requests: { ...limits, ...container.resources?.requests } };
  }
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) hostPorts(spec);
  defaultPodSpec(spec);
}

/** On the host's network a container's port is the host's. */
function hostPorts(spec: Mutable<PodSpec>): void {
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    for (const port of container.ports ?? []) port.hostPort ??= port.containerPort;
  }
}

function allContainers(spec: Mutable<PodSpec>): Mutable<Container>[] {
  return [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
}

function defaultContainer(container: Mutable<Container>): void {
  container.imagePullPolicy ??= pullPolicyOf(container.image ?? '');
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) trimProbe(probe);
}

/** What the distribution project takes for the name of an image: host, path in small letters, tag. */
const REFERENCE = /^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?$/;

/** A moving tag is pulled every time. */
function pullPolicyOf(image: string): string {
  if (image.includes('@') || !REFERENCE.test(image)) return 'IfNotPresent';
  const name = image.slice(image.lastIndexOf('/') + 1);
  const tag = name.includes(':') ? name.slice(name.indexOf(':') + 1) : 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** A zero is no setting for a probe's numbers. */
function trimProbe(probe: Mutable<Probe> | undefined): void {
  if (probe === undefined) return;
  for (const key of ['timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const) {
    if (probe[key] === 0) delete probe[key];
  }
}

function defaultVolume(volume: Mutable<Volume>): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  if (volume.image !== undefined) volume.image.pullPolicy ??= pullPolicyOf(volume.image.reference ?? '');
}

/** The account's old field shows the same name. */
function mirrorServiceAccount(spec: Mutable<PodSpec>): void {
  const name = spec.serviceAccountName ?? spec.serviceAccount;
  if (name === undefined) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

export { mirrorServiceAccount };
