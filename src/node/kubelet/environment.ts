import type { Container, EnvVar, Pod, Service } from '../../api/types.gen.ts';
import { quantityMilliValue, quantityValue } from '../../api/quantity.ts';
import { sortBy, sortedKeys } from '../../lib/order.ts';
import type { Kubelet } from './context.ts';
import { base64Decode } from './base64.ts';

/** The container cannot be configured: what CreateContainerConfigError says. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What is known of the pod only here. */
export interface PodFacts {
  readonly podIp: string;
  readonly hostIp: string;
}

/** The environment of a container, in upstream's order: service variables, envFrom, env. Models makeEnvironmentVariables. */
export async function makeEnvironment(
  kubelet: Kubelet,
  pod: Pod,
  container: Container,
  facts: PodFacts,
): Promise<{ key: string; value: string }[]> {
  const variables = serviceVariables(kubelet.services.list(), pod);
  for (const source of container.envFrom ?? []) {
    for (const [key, value] of await fromSource(kubelet, pod, source)) variables.set(key, value);
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(kubelet, pod, container, variable, facts, variables);
    if (value !== undefined) variables.set(variable.name, value);
  }
  return [...variables].map(([key, value]) => ({ key, value }));
}

type From = NonNullable<Container['envFrom']>[number];

async function fromSource(kubelet: Kubelet, pod: Pod, source: From): Promise<ReadonlyMap<string, string>> {
  const namespace = pod.metadata.namespace ?? 'default';
  const prefix = source.prefix ?? '';
  const found = new Map<string, string>();
  if (source.configMapRef !== undefined) {
    const { name = '', optional } = source.configMapRef;
    const object = await kubelet.configMaps.get(namespace, name);
    if (object === undefined && optional !== true) throw new ConfigError(`configmap "${name}" not found`);
    for (const key of sortedKeys(object?.data ?? {})) found.set(prefix + key, object?.data?.[key] ?? '');
  }
  if (source.secretRef !== undefined) {
    const { name = '', optional } = source.secretRef;
    const object = await kubelet.secrets.get(namespace, name);
    if (object === undefined && optional !== true) throw new ConfigError(`secret "${name}" not found`);
    for (const key of sortedKeys(object?.data ?? {})) found.set(prefix + key, base64Decode(object?.data?.[key] ?? ''));
  }
  return found;
}

async function valueOf(
  kubelet: Kubelet,
  pod: Pod,
  container: Container,
  variable: EnvVar,
  facts: PodFacts,
  known: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const from = variable.valueFrom;
  const namespace = pod.metadata.namespace ?? 'default';
  if (from === undefined) return expandReferences(variable.value ?? '', known);
  if (from.fieldRef !== undefined) return fieldValue(pod, from.fieldRef.fieldPath, facts);
  if (from.resourceFieldRef !== undefined) {
    const target = pod.spec.containers.find(({ name }) => name === from.resourceFieldRef?.containerName) ?? container;
    return resourceValue(kubelet, target, from.resourceFieldRef.resource, from.resourceFieldRef.divisor);
  }
  if (from.configMapKeyRef !== undefined) {
    const { name = '', key, optional } = from.configMapKeyRef;
    const object = await kubelet.configMaps.get(namespace, name);
    if (object === undefined && optional !== true) throw new ConfigError(`configmap "${name}" not found`);
    const value = object?.data?.[key];
    if (value === undefined && optional !== true)
      throw new ConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (from.secretKeyRef !== undefined) {
    const { name = '', key, optional } = from.secretKeyRef;
    const object = await kubelet.secrets.get(namespace, name);
    if (object === undefined && optional !== true) throw new ConfigError(`secret "${name}" not found`);
    const value = object?.data?.[key];
    if (value === undefined && optional !== true)
      throw new ConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : base64Decode(value);
  }
  return undefined;
}

/** `$(NAME)` of what is already known; `$$` is a dollar; unknown names stay as they are. Models third_party/forked/golang/expansion. */
export function expandReferences(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^()]*)\))/g, (all, name?: string) =>
    name === undefined ? '$' : (known.get(name) ?? all),
  );
}

export function fieldValue(pod: Pod, path: string, facts: PodFacts): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(annotations|labels)\['([^']*)'\]$/.exec(path);
  if (keyed !== null) return metadata[keyed[1] === 'labels' ? 'labels' : 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? 'default';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return mapText(metadata.labels);
    case 'metadata.annotations':
      return mapText(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIp;
    default:
      throw new ConfigError(`unsupported fieldPath: ${path}`);
  }
}

function mapText(map: Readonly<Record<string, string>> | undefined): string {
  return sortedKeys(map ?? {})
    .map((key) => `${key}=${JSON.stringify(map?.[key] ?? '')}`)
    .join('\n');
}

/** Limits default to what the node can give. */
export function resourceValue(
  kubelet: Kubelet,
  container: Container,
  resource: string,
  divisor: string | undefined,
): string {
  const [kind = '', name = ''] = resource.split('.');
  const listed = kind === 'limits' ? container.resources?.limits?.[name] : container.resources?.requests?.[name];
  const capacity = {
    cpu: kubelet.config.capacity.cpu,
    memory: kubelet.config.capacity.memory,
    'ephemeral-storage': kubelet.config.capacity.ephemeralStorage,
  };
  const fallback =
    kind === 'limits' ? capacity[name === 'cpu' ? 'cpu' : name === 'memory' ? 'memory' : 'ephemeral-storage'] : '0';
  const unit = divisor === undefined || divisor === '0' ? '1' : divisor;
  const value = listed ?? fallback;
  if (name === 'cpu') return String(Math.ceil(quantityMilliValue(value) / quantityMilliValue(unit)));
  return String(Math.ceil(quantityValue(value) / quantityValue(unit)));
}

/** `KUBERNETES_SERVICE_HOST` for all, the namespace's services unless enableServiceLinks is false. Models pkg/kubelet/envvars. */
function serviceVariables(services: readonly Service[], pod: Pod): Map<string, string> {
  const namespace = pod.metadata.namespace ?? 'default';
  const wanted = new Map<string, Service>();
  for (const service of services) {
    const { clusterIP } = service.spec;
    if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None') continue;
    const master = service.metadata.namespace === 'default' && service.metadata.name === 'kubernetes';
    if (master && !wanted.has('kubernetes')) wanted.set('kubernetes', service);
    if (service.metadata.namespace === namespace && pod.spec.enableServiceLinks !== false)
      wanted.set(service.metadata.name, service);
  }
  const variables = new Map<string, string>();
  for (const service of sortBy(wanted.values(), ({ metadata }) => metadata.name)) {
    const name = service.metadata.name.toUpperCase().replace(/-/g, '_');
    const ports = service.spec.ports ?? [];
    const ip = service.spec.clusterIP ?? '';
    const [first] = ports;
    if (first === undefined) continue;
    variables.set(`${name}_SERVICE_HOST`, ip);
    variables.set(`${name}_SERVICE_PORT`, String(first.port));
    for (const port of ports)
      if (port.name !== undefined && port.name !== '')
        variables.set(`${name}_SERVICE_PORT_${port.name.toUpperCase().replace(/-/g, '_')}`, String(port.port));
    for (const [index, port] of ports.entries()) {
      const protocol = (port.protocol ?? 'TCP').toLowerCase();
      const url = `${protocol}://${ip}:${port.port}`;
      const prefix = `${name}_PORT_${port.port}_${protocol.toUpperCase()}`;
      if (index === 0) variables.set(`${name}_PORT`, url);
      variables.set(prefix, url);
      variables.set(`${prefix}_PROTO`, protocol);
      variables.set(`${prefix}_PORT`, String(port.port));
      variables.set(`${prefix}_ADDR`, ip);
    }
  }
  return variables;
}
