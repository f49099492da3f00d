// The server's internal Go structs, as its messages show them: other names, another order, zeros and nils written out.
import { isObject } from '../../lib/json.ts';
import { sortedKeys } from '../../lib/order.ts';

/**
 * Fields in Go's order. After the name: nothing for a string, `#` a number, `!` a boolean, `?` a pointer or slice or map,
 * `{T}` a struct, `?{T}` a pointer to one, `[T]` a slice of them; `=x` gives the name on the wire when it is not simply
 * the same in camel case.
 */
const INTERNAL: Readonly<Record<string, string>> = {
  PodSpec:
    'Volumes[Volume] InitContainers[Container] Containers[Container] EphemeralContainers[EphemeralContainer] RestartPolicy TerminationGracePeriodSeconds? ActiveDeadlineSeconds? DNSPolicy NodeSelector? ServiceAccountName AutomountServiceAccountToken? NodeName SecurityContext{PodSecurityContext}= ImagePullSecrets[LocalObjectReference] Hostname Subdomain SetHostnameAsFQDN? Affinity?{Affinity} SchedulerName Tolerations[Toleration] HostAliases[HostAlias] PriorityClassName Priority? PreemptionPolicy? DNSConfig?{PodDNSConfig} ReadinessGates[PodReadinessGate] RuntimeClassName? Overhead? EnableServiceLinks? TopologySpreadConstraints[TopologySpreadConstraint] OS?{PodOS} SchedulingGates[PodSchedulingGate] ResourceClaims[PodResourceClaim] Resources?{ResourceRequirements} HostnameOverride? WorkloadRef?',
  PodSecurityContext:
    'HostNetwork! HostPID! HostIPC! ShareProcessNamespace? HostUsers? SELinuxOptions?{SELinuxOptions} WindowsOptions?{WindowsSecurityContextOptions} RunAsUser? RunAsGroup? RunAsNonRoot? SupplementalGroups? SupplementalGroupsPolicy? FSGroup? FSGroupChangePolicy? Sysctls[Sysctl] SeccompProfile?{SeccompProfile} AppArmorProfile?{AppArmorProfile} SELinuxChangePolicy?',
  Volume:
    'Name HostPath?{HostPath} EmptyDir?{EmptyDir} GCEPersistentDisk? AWSElasticBlockStore? GitRepo? Secret?{SecretVolume} NFS?{NFS} ISCSI? Glusterfs? PersistentVolumeClaim?{ClaimVolume} RBD? Quobyte? FlexVolume? Cinder? CephFS? Flocker? DownwardAPI?{DownwardAPIVolume} FC? AzureFile? ConfigMap?{ConfigMapVolume} VsphereVolume? AzureDisk? PhotonPersistentDisk? Projected?{ProjectedVolume} PortworxVolume? ScaleIO? StorageOS?=storageos CSI?{CSIVolume} Ephemeral? Image?{ImageVolume}',
  HostPath: 'Path Type?',
  EmptyDir: 'Medium SizeLimit?',
  SecretVolume: 'SecretName Items[KeyToPath] DefaultMode? Optional?',
  NFS: 'Server Path ReadOnly!',
  ClaimVolume: 'ClaimName ReadOnly!',
  DownwardAPIVolume: 'Items[DownwardAPIFile] DefaultMode?',
  ConfigMapVolume: 'Name Items[KeyToPath] DefaultMode? Optional?',
  ProjectedVolume: 'Sources[Projection] DefaultMode?',
  CSIVolume: 'Driver ReadOnly? FSType? VolumeAttributes? NodePublishSecretRef?{LocalObjectReference}',
  ImageVolume: 'Reference PullPolicy',
  Projection:
    'Secret?{SecretProjection} DownwardAPI?{DownwardAPIProjection} ConfigMap?{ConfigMapProjection} ServiceAccountToken?{TokenProjection} ClusterTrustBundle? PodCertificate?',
  SecretProjection: 'Name Items[KeyToPath] Optional?',
  DownwardAPIProjection: 'Items[DownwardAPIFile]',
  ConfigMapProjection: 'Name Items[KeyToPath] Optional?',
  TokenProjection: 'Audience ExpirationSeconds# Path',
  DownwardAPIFile: 'Path FieldRef?{FieldRef} ResourceFieldRef?{ResourceFieldRef} Mode?',
  KeyToPath: 'Key Path Mode?',
  FieldRef: 'APIVersion FieldPath',
  ResourceFieldRef: 'ContainerName Resource Divisor',
  LocalObjectReference: 'Name',
  Container:
    'Name Image Command? Args? WorkingDir Ports[ContainerPort] EnvFrom[EnvFromSource] Env[EnvVar] Resources{ResourceRequirements} ResizePolicy[ContainerResizePolicy] RestartPolicy? RestartPolicyRules[RestartRule] VolumeMounts[VolumeMount] VolumeDevices[VolumeDevice] LivenessProbe?{Probe} ReadinessProbe?{Probe} StartupProbe?{Probe} Lifecycle?{Lifecycle} TerminationMessagePath TerminationMessagePolicy ImagePullPolicy SecurityContext?{SecurityContext} Stdin! StdinOnce! TTY!',
  EphemeralContainer:
    'Name Image Command? Args? WorkingDir Ports[ContainerPort] EnvFrom[EnvFromSource] Env[EnvVar] Resources{ResourceRequirements} ResizePolicy[ContainerResizePolicy] RestartPolicy? RestartPolicyRules[RestartRule] VolumeMounts[VolumeMount] VolumeDevices[VolumeDevice] LivenessProbe?{Probe} ReadinessProbe?{Probe} StartupProbe?{Probe} Lifecycle?{Lifecycle} TerminationMessagePath TerminationMessagePolicy ImagePullPolicy SecurityContext?{SecurityContext} Stdin! StdinOnce! TTY! TargetContainerName',
  ContainerPort: 'Name HostPort# ContainerPort# Protocol HostIP',
  EnvFromSource: 'Prefix ConfigMapRef?{OptionalReference} SecretRef?{OptionalReference}',
  OptionalReference: 'Name Optional?',
  EnvVar: 'Name Value ValueFrom?{EnvVarSource}',
  EnvVarSource:
    'FieldRef?{FieldRef} ResourceFieldRef?{ResourceFieldRef} ConfigMapKeyRef?{KeySelector} SecretKeyRef?{KeySelector} FileKeyRef?{FileKeySelector}',
  KeySelector: 'Name Key Optional?',
  FileKeySelector: 'VolumeName Path Key Optional?',
  ResourceRequirements: 'Limits? Requests? Claims[ResourceClaim]',
  ResourceClaim: 'Name Request',
  ContainerResizePolicy: 'ResourceName RestartPolicy',
  RestartRule: 'Action ExitCodes?',
  VolumeMount: 'Name ReadOnly! RecursiveReadOnly? MountPath SubPath MountPropagation? SubPathExpr',
  VolumeDevice: 'Name DevicePath',
  Probe:
    'Exec?{ExecAction} HTTPGet?{HTTPGetAction} TCPSocket?{TCPSocketAction} GRPC?{GRPCAction} InitialDelaySeconds# TimeoutSeconds# PeriodSeconds# SuccessThreshold# FailureThreshold# TerminationGracePeriodSeconds?',
  ExecAction: 'Command?',
  HTTPGetAction: 'Path Port Host Scheme HTTPHeaders[HTTPHeader]',
  HTTPHeader: 'Name Value',
  TCPSocketAction: 'Port Host',
  GRPCAction: 'Port# Service?',
  Lifecycle: 'PostStart?{LifecycleHandler} PreStop?{LifecycleHandler} StopSignal?',
  LifecycleHandler: 'Exec?{ExecAction} HTTPGet?{HTTPGetAction} TCPSocket?{TCPSocketAction} Sleep?{SleepAction}',
  SleepAction: 'Seconds#',
  SecurityContext:
    'Capabilities?{Capabilities} Privileged? SELinuxOptions?{SELinuxOptions} WindowsOptions?{WindowsSecurityContextOptions} RunAsUser? RunAsGroup? RunAsNonRoot? ReadOnlyRootFilesystem? AllowPrivilegeEscalation? ProcMount? SeccompProfile?{SeccompProfile} AppArmorProfile?{AppArmorProfile}',
  Capabilities: 'Add? Drop?',
  SELinuxOptions: 'User Role Type Level',
  WindowsSecurityContextOptions: 'GMSACredentialSpecName? GMSACredentialSpec? RunAsUserName? HostProcess?',
  SeccompProfile: 'Type LocalhostProfile?',
  AppArmorProfile: 'Type LocalhostProfile?',
  Sysctl: 'Name Value',
  Affinity: 'NodeAffinity?{NodeAffinity} PodAffinity?{PodAffinity} PodAntiAffinity?{PodAffinity}',
  NodeAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution?{NodeSelector} PreferredDuringSchedulingIgnoredDuringExecution[PreferredSchedulingTerm]',
  NodeSelector: 'NodeSelectorTerms[NodeSelectorTerm]',
  NodeSelectorTerm: 'MatchExpressions[SelectorRequirement] MatchFields[SelectorRequirement]',
  SelectorRequirement: 'Key Operator Values?',
  PreferredSchedulingTerm: 'Weight# Preference{NodeSelectorTerm}',
  PodAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution[PodAffinityTerm] PreferredDuringSchedulingIgnoredDuringExecution[WeightedPodAffinityTerm]',
  PodAffinityTerm: 'LabelSelector? Namespaces? TopologyKey NamespaceSelector? MatchLabelKeys? MismatchLabelKeys?',
  WeightedPodAffinityTerm: 'Weight# PodAffinityTerm{PodAffinityTerm}',
  Toleration: 'Key Operator Value Effect TolerationSeconds?',
  HostAlias: 'IP Hostnames?',
  PodDNSConfig: 'Nameservers? Searches? Options[PodDNSConfigOption]',
  PodDNSConfigOption: 'Name Value?',
  PodReadinessGate: 'ConditionType',
  TopologySpreadConstraint:
    'MaxSkew# TopologyKey WhenUnsatisfiable LabelSelector? MinDomains? NodeAffinityPolicy? NodeTaintsPolicy? MatchLabelKeys?',
  PodOS: 'Name',
  PodSchedulingGate: 'Name',
  PodResourceClaim: 'Name ResourceClaimName? ResourceClaimTemplateName?',
  ServicePort: 'Name Protocol AppProtocol? Port# TargetPort NodePort#',
};

const INITIALISM = /^([A-Z]+)(?=[A-Z][a-z]|$)/;
const WIRE_NAMES: Readonly<Record<string, string>> = {
  SetHostnameAsFQDN: 'setHostnameAsFQDN',
  SELinuxOptions: 'seLinuxOptions',
  SELinuxChangePolicy: 'seLinuxChangePolicy',
  AWSElasticBlockStore: 'awsElasticBlockStore',
  GCEPersistentDisk: 'gcePersistentDisk',
  CephFS: 'cephfs',
  ScaleIO: 'scaleIO',
  TTY: 'tty',
  IP: 'ip',
  FC: 'fc',
  OS: 'os',
  FSType: 'fsType',
  APIVersion: 'apiVersion',
};

/** The value as the server's internal type, ready for JSON. */
export function goDump(type: string, value: unknown): Record<string, unknown> {
  const source = isObject(value) ? value : {};
  const result: Record<string, unknown> = {};
  for (const text of (INTERNAL[type] ?? '').split(' ')) {
    const match = /^([A-Za-z]+)([?#!]?)(?:\{(\w+)\}|\[(\w+)\])?(?:=(\w*))?$/.exec(text);
    if (match === null) continue;
    const [, name = '', mark = '', struct, element, given] = match;
    const member = source[given !== undefined && given !== '' ? given : wireName(name)];
    if (element !== undefined)
      result[name] = Array.isArray(member) ? member.map((item) => goDump(element, item)) : null;
    else if (struct !== undefined) result[name] = member === undefined && mark === '?' ? null : goDump(struct, member);
    else result[name] = member === undefined ? zero(mark) : plain(member);
  }
  return result;
}

function zero(mark: string): unknown {
  return mark === '?' ? null : mark === '#' ? 0 : mark === '!' ? false : '';
}

/** Go writes the keys of a map in order. */
function plain(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(sortedKeys(value).map((key) => [key, plain(value[key])]));
}

function wireName(name: string): string {
  const known = WIRE_NAMES[name];
  if (known !== undefined) return known;
  return INITIALISM.test(name)
    ? name.replace(INITIALISM, (letters) => letters.toLowerCase())
    : name.charAt(0).toLowerCase() + name.slice(1);
}

/** A pod's spec as the server compares it, what other structs hold in Go put where Go has it. */
export function dumpPodSpec(spec: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec;
  const security = isObject(spec['securityContext']) ? spec['securityContext'] : {};
  return goDump('PodSpec', {
    ...spec,
    securityContext: { ...security, hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers },
  });
}
