// Models validateContainers, validateInitContainers and their parts of pkg/apis/core/validation.
import { dns1123Label, dns1123Subdomain, portName, portNumber } from '../names.ts';
import { isSidecar } from '../pods.ts';
import type { Container, ContainerPort, SecurityContext } from '../types.gen.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import type { FieldErrors } from './field.ts';
import { complaints, duplicate, forbiddenField, invalid, notInSet, notSupported, required } from './field.ts';
import { goDump } from './go-dump.ts';
import { validateLifecycle, validateReadinessProbe, validateRestartingProbe } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateVolumeMounts } from './volumes.ts';

export interface PodContext {
  readonly volumes: ReadonlySet<string>;
  readonly hostNetwork: boolean;
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

export function validateContainers(containers: readonly Container[], context: PodContext, path: string): FieldErrors {
  if (containers.length === 0) return [required(path)];
  const errors: FieldErrors = [];
  const names = new Set<string>();
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    errors.push(...validateContainer(container, context, at));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else names.add(container.name);
    errors.push(...validateLifecycle(container.lifecycle, `${at}.lifecycle`));
    errors.push(...validateRestartingProbe(container.livenessProbe, `${at}.livenessProbe`));
    errors.push(...validateReadinessProbe(container.readinessProbe, `${at}.readinessProbe`));
    errors.push(...validateRestartingProbe(container.startupProbe, `${at}.startupProbe`));
  });
  return [...errors, ...validateHostPorts(containers, path)];
}

export function validateInitContainers(
  init: readonly Container[],
  containers: readonly Container[],
  context: PodContext,
  path: string,
): FieldErrors {
  const errors: FieldErrors = [];
  const names = new Set(containers.map((container) => container.name));
  init.forEach((container, i) => {
    const at = `${path}[${i}]`;
    errors.push(...validateContainer(container, context, at));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else names.add(container.name);
    errors.push(...(isSidecar(container) ? validateSidecar(container, at) : validateOnce(container, at)));
    if (
      container.restartPolicy !== undefined &&
      !isSidecar(container) &&
      !['Never', 'OnFailure'].includes(container.restartPolicy)
    ) {
      errors.push(notSupported(`${at}.restartPolicy`, container.restartPolicy, ['Always']));
    }
  });
  return errors;
}

function validateSidecar(container: Container, path: string): FieldErrors {
  return [
    ...validateLifecycle(container.lifecycle, `${path}.lifecycle`),
    ...validateRestartingProbe(container.livenessProbe, `${path}.livenessProbe`),
    ...validateReadinessProbe(container.readinessProbe, `${path}.readinessProbe`),
    ...validateRestartingProbe(container.startupProbe, `${path}.startupProbe`),
  ];
}

function validateOnce(container: Container, path: string): FieldErrors {
  return (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
    .filter((name) => container[name] !== undefined)
    .map((name) =>
      forbiddenField(`${path}.${name}`, 'may not be set for init containers without restartPolicy=Always'),
    );
}

function validateContainer(container: Container, context: PodContext, path: string): FieldErrors {
  const errors: FieldErrors = [];
  if (container.name === '') errors.push(required(`${path}.name`));
  else errors.push(...complaints(`${path}.name`, container.name, dns1123Label(container.name)));
  const image = container.image ?? '';
  if (image === '') errors.push(required(`${path}.image`));
  else if (image.trim() !== image) {
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  }
  const policy = container.terminationMessagePolicy ?? '';
  if (policy === '') errors.push(required(`${path}.terminationMessagePolicy`));
  else if (policy !== 'File' && policy !== 'FallbackToLogsOnError') {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, policy, ['File', 'FallbackToLogsOnError']));
  }
  errors.push(...validatePorts(container.ports ?? [], context, `${path}.ports`));
  errors.push(...validateEnv(container.env ?? [], `${path}.env`));
  errors.push(...validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`));
  const privileged = container.securityContext?.privileged === true;
  errors.push(
    ...validateVolumeMounts(container.volumeMounts ?? [], context.volumes, privileged, `${path}.volumeMounts`),
  );
  const pull = container.imagePullPolicy ?? '';
  if (pull === '') errors.push(required(`${path}.imagePullPolicy`));
  else if (!PULL_POLICIES.includes(pull)) errors.push(notInSet(`${path}.imagePullPolicy`, pull, PULL_POLICIES));
  errors.push(...validateResources(container.resources, `${path}.resources`));
  return [...errors, ...validateSecurityContext(container.securityContext, `${path}.securityContext`)];
}

function validatePorts(ports: readonly ContainerPort[], context: PodContext, path: string): FieldErrors {
  const errors: FieldErrors = [];
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const at = `${path}[${i}]`;
    const { name = '', hostPort = 0, containerPort, protocol = '' } = port;
    if (name !== '') {
      const problems = portName(name);
      errors.push(...complaints(`${at}.name`, name, problems));
      if (problems.length === 0) {
        if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
        names.add(name);
      }
    }
    if (containerPort === 0) errors.push(required(`${at}.containerPort`));
    else errors.push(...complaints(`${at}.containerPort`, containerPort, portNumber(containerPort)));
    if (hostPort !== 0) {
      errors.push(...complaints(`${at}.hostPort`, hostPort, portNumber(hostPort)));
      if (context.hostNetwork && hostPort !== containerPort) {
        errors.push(invalid(`${at}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
      }
    } else if (context.hostNetwork) {
      errors.push(invalid(`${at}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    }
    if (protocol === '') errors.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(protocol)) errors.push(notInSet(`${at}.protocol`, protocol, PROTOCOLS));
  });
  return errors;
}

/** One address of the host can be taken once. */
function validateHostPorts(containers: readonly Container[], path: string): FieldErrors {
  const errors: FieldErrors = [];
  const taken = new Set<string>();
  containers.forEach((container, i) => {
    (container.ports ?? []).forEach((port, j) => {
      if ((port.hostPort ?? 0) === 0) return;
      const key = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort ?? 0}`;
      if (taken.has(key)) errors.push(duplicate(`${path}[${i}].ports[${j}].hostPort`, key));
      taken.add(key);
    });
  });
  return errors;
}

function validateSecurityContext(context: SecurityContext | undefined, path: string): FieldErrors {
  if (context === undefined) return [];
  const errors: FieldErrors = [];
  for (const key of ['runAsUser', 'runAsGroup'] as const) {
    const id = context[key];
    if (id !== undefined && (id < 0 || id > 2_147_483_647)) {
      errors.push(invalid(`${path}.${key}`, id, 'must be between 0 and 2147483647, inclusive'));
    }
  }
  if (context.procMount !== undefined && context.procMount !== 'Default' && context.procMount !== 'Unmasked') {
    errors.push(notSupported(`${path}.procMount`, context.procMount, ['Default', 'Unmasked']));
  }
  errors.push(...validateProfile(context.seccompProfile, `${path}.seccompProfile`));
  const gmsa = context.windowsOptions?.gmsaCredentialSpecName;
  if (gmsa !== undefined) {
    errors.push(...complaints(`${path}.windowsOptions.gmsaCredentialSpecName`, gmsa, dns1123Subdomain(gmsa)));
  }
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged === true) {
      errors.push(
        invalid(
          path,
          goDump('SecurityContext', context),
          'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
        ),
      );
    }
    if ((context.capabilities?.add ?? []).some((name) => name === 'CAP_SYS_ADMIN')) {
      errors.push(
        invalid(
          path,
          goDump('SecurityContext', context),
          'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
        ),
      );
    }
  }
  return errors;
}

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

export function validateProfile(
  profile: { readonly type: string; readonly localhostProfile?: string } | undefined,
  path: string,
): FieldErrors {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  if (type === 'Localhost') {
    return localhostProfile === undefined
      ? [required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost')]
      : [];
  }
  const errors: FieldErrors = [];
  if (localhostProfile !== undefined) {
    errors.push(
      invalid(`${path}.localhostProfile`, localhostProfile, 'can only be set when seccomp type is Localhost'),
    );
  }
  if (type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, PROFILE_TYPES));
  return errors;
}
