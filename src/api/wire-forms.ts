// How Go's encoding shows a type where OpenAPI does not say: which zeros are left out, which empty structs are written.
import type { Field } from './schema.ts';

/** Structs that are no pointers in Go: written even when empty. */
export const ALWAYS_STRUCTS: ReadonlySet<string> = new Set([
  'Binding.target',
  'Container.resources',
  'ContainerStatus.lastState',
  'ContainerStatus.state',
  'Deployment.spec',
  'Deployment.status',
  'DeploymentSpec.strategy',
  'DeploymentSpec.template',
  'Endpoint.conditions',
  'EphemeralContainer.resources',
  'Event.involvedObject',
  'Event.source',
  'EventsV1Event.regarding',
  'EventsV1Event.deprecatedSource',
  'Lease.spec',
  'Namespace.spec',
  'Namespace.status',
  'Node.spec',
  'Node.status',
  'NodeDaemonEndpoints.kubeletEndpoint',
  'NodeStatus.daemonEndpoints',
  'NodeStatus.nodeInfo',
  'Pod.spec',
  'Pod.status',
  'PodTemplateSpec.metadata',
  'PodTemplateSpec.spec',
  'PreferredSchedulingTerm.preference',
  'ReplicaSet.spec',
  'ReplicaSet.status',
  'ReplicaSetSpec.template',
  'Scale.spec',
  'Scale.status',
  'Service.spec',
  'Service.status',
  'ServiceStatus.loadBalancer',
  'TokenRequest.spec',
  'WeightedPodAffinityTerm.podAffinityTerm',
]);

/** Times without omitempty: null until they are set. */
export const NULL_TIMES: ReadonlySet<string> = new Set([
  'ContainerStateRunning.startedAt',
  'ContainerStateTerminated.finishedAt',
  'ContainerStateTerminated.startedAt',
  'DeploymentCondition.lastTransitionTime',
  'DeploymentCondition.lastUpdateTime',
  'Event.eventTime',
  'Event.firstTimestamp',
  'Event.lastTimestamp',
  'EventsV1Event.eventTime',
  'EventsV1Event.deprecatedFirstTimestamp',
  'EventsV1Event.deprecatedLastTimestamp',
  'NamespaceCondition.lastTransitionTime',
  'NodeCondition.lastHeartbeatTime',
  'NodeCondition.lastTransitionTime',
  'PodCondition.lastProbeTime',
  'PodCondition.lastTransitionTime',
  'ReplicaSetCondition.lastTransitionTime',
]);

/** Strings that are pointers in Go: an empty one is kept. */
const POINTER_STRINGS: ReadonlySet<string> = new Set([
  'ClusterTrustBundleProjection.name',
  'ClusterTrustBundleProjection.signerName',
  'DiscoveryEndpointPort.name',
  'DiscoveryEndpointPort.protocol',
  'DiscoveryEndpointPort.appProtocol',
  'Endpoint.hostname',
  'Endpoint.nodeName',
  'Endpoint.zone',
  'EndpointPort.appProtocol',
  'HostPathVolumeSource.type',
  'LeaseSpec.holderIdentity',
  'PersistentVolumeClaimSpec.storageClassName',
  'PodSpec.hostnameOverride',
  'PodSpec.runtimeClassName',
  'ServicePort.appProtocol',
  'TypedLocalObjectReference.apiGroup',
]);

/** Booleans and numbers that are no pointers: a zero is left out. */
const PLAIN_ZEROS: ReadonlySet<string> = new Set([
  ...['hostIPC', 'hostNetwork', 'hostPID'].map((name) => `PodSpec.${name}`),
  ...['stdin', 'stdinOnce', 'tty'].flatMap((name) => [`Container.${name}`, `EphemeralContainer.${name}`]),
  ...['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'].map(
    (name) => `Probe.${name}`,
  ),
  ...[
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
  ].map((name) => `DeploymentStatus.${name}`),
  ...['observedGeneration', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'].map(
    (name) => `ReplicaSetStatus.${name}`,
  ),
  'AWSElasticBlockStoreVolumeSource.partition',
  'AWSElasticBlockStoreVolumeSource.readOnly',
  'AzureFileVolumeSource.readOnly',
  'CephFSVolumeSource.readOnly',
  'CinderVolumeSource.readOnly',
  'ContainerPort.hostPort',
  'ContainerStateTerminated.signal',
  'DeploymentSpec.minReadySeconds',
  'DeploymentSpec.paused',
  'Event.count',
  'EventSeries.count',
  'EventsV1Event.deprecatedCount',
  'FCVolumeSource.readOnly',
  'FlexVolumeSource.readOnly',
  'GCEPersistentDiskVolumeSource.partition',
  'GCEPersistentDiskVolumeSource.readOnly',
  'GlusterfsVolumeSource.readOnly',
  'ISCSIVolumeSource.readOnly',
  'NFSVolumeSource.readOnly',
  'NodeSpec.unschedulable',
  'ObjectMeta.generation',
  'PersistentVolumeClaimVolumeSource.readOnly',
  'PodCondition.observedGeneration',
  'PodStatus.observedGeneration',
  'PortworxVolumeSource.readOnly',
  'PriorityClass.globalDefault',
  'QuobyteVolumeSource.readOnly',
  'RBDVolumeSource.readOnly',
  'ReplicaSetSpec.minReadySeconds',
  'ScaleIOVolumeSource.readOnly',
  'ScaleSpec.replicas',
  'ServicePort.nodePort',
  'ServiceSpec.healthCheckNodePort',
  'ServiceSpec.publishNotReadyAddresses',
  'StorageOSVolumeSource.readOnly',
  'VolumeMount.readOnly',
]);

/** Whether Go leaves this value out when it writes the field. */
export function dropsZero(type: string, field: Field, value: unknown): boolean {
  if (field.required) return false;
  if (value === '') return field.shape.form === 'string' && !POINTER_STRINGS.has(`${type}.${field.name}`);
  if (value === false || value === 0) return PLAIN_ZEROS.has(`${type}.${field.name}`);
  if (Array.isArray(value)) return value.length === 0;
  return field.shape.form === 'map' && isEmpty(value);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Go's names of string types, which its messages use. */
export const NAMED_STRINGS: Readonly<Record<string, string>> = {
  'Container.imagePullPolicy': 'v1.PullPolicy',
  'Container.restartPolicy': 'v1.ContainerRestartPolicy',
  'Container.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  'ContainerPort.protocol': 'v1.Protocol',
  'DeploymentStrategy.type': 'v1.DeploymentStrategyType',
  'EmptyDirVolumeSource.medium': 'v1.StorageMedium',
  'HTTPGetAction.scheme': 'v1.URIScheme',
  'NodeSelectorRequirement.operator': 'v1.NodeSelectorOperator',
  'LabelSelectorRequirement.operator': 'v1.LabelSelectorOperator',
  'ObjectMeta.uid': 'types.UID',
  'PodSpec.dnsPolicy': 'v1.DNSPolicy',
  'PodSpec.restartPolicy': 'v1.RestartPolicy',
  'PodStatus.phase': 'v1.PodPhase',
  'Secret.type': 'v1.SecretType',
  'ServicePort.protocol': 'v1.Protocol',
  'ServiceSpec.type': 'v1.ServiceType',
  'ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'Taint.effect': 'v1.TaintEffect',
  'Toleration.effect': 'v1.TaintEffect',
  'Toleration.operator': 'v1.TolerationOperator',
};
