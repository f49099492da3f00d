import { CliError } from '../errors.ts';
import { nameOf, splitApiVersion, str, withValue } from '../object.ts';
import type { Obj } from '../server.ts';

/** An object on its way through a kustomization. */
export interface Resource {
  object: Obj;
  /** Names that it had before, its first one first. */
  readonly names: string[];
  /** A generator made it, and its name will end with a hash of its content. */
  needsHash: boolean;
}

export function resourceOf(object: Obj, needsHash = false): Resource {
  return { object, names: [nameOf(object)], needsHash };
}

/** Kinds without a namespace. */
const CLUSTER_WIDE = [
  ...['APIService', 'CSIDriver', 'CSINode', 'CertificateSigningRequest', 'ClusterRole', 'ClusterRoleBinding'],
  ...['ComponentStatus', 'CustomResourceDefinition', 'FlowSchema', 'IngressClass', 'MutatingWebhookConfiguration'],
  ...['Namespace', 'Node', 'PersistentVolume', 'PriorityClass', 'PriorityLevelConfiguration', 'RuntimeClass'],
  ...['StorageClass', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'VolumeAttachment'],
  'ValidatingWebhookConfiguration',
];

export function isNamespaced(object: Obj): boolean {
  return !CLUSTER_WIDE.includes(str(object, 'kind'));
}

/** Says of an error where it came up. */
export function within<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof CliError ? new CliError(`${where}: ${error.message}`) : error;
  }
}

export function kindOf(object: Obj): string {
  return str(object, 'kind');
}

/** `Deployment.v1.apps/web.[noNs]`: how errors name an object. Models resid.ResId. */
export function idOf(object: Obj): string {
  const { group, version } = splitApiVersion(str(object, 'apiVersion'));
  const namespace = str(object, 'metadata', 'namespace') || '[noNs]';
  return `${[kindOf(object), version, group || '[noGrp]'].join('.')}/${nameOf(object)}.${namespace}`;
}

/** Whether somebody may mean this resource by a name: it may have had that before. */
export function hasName(resource: Resource, name: string): boolean {
  return nameOf(resource.object) === name || resource.names.includes(name);
}

export function change(resource: Resource, path: readonly string[], value: unknown): void {
  resource.object = withValue(resource.object, path, value);
}
