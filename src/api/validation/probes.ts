// Models validateProbe, validateHandler and validateLifecycle of pkg/apis/core/validation.
import type { IntOrString } from '../meta.ts';
import { httpHeaderName, portName, portNumber } from '../names.ts';
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, forbiddenField, invalid, notNegative, notSupported, required } from './field.ts';

type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

export function validateProbe(probe: Probe | undefined, path: string): FieldErrors {
  if (probe === undefined) return [];
  const errors = validateHandler(probe, path);
  const counts = [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const;
  for (const key of counts) errors.push(...notNegative(`${path}.${key}`, probe[key]));
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) {
    errors.push(
      invalid(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, 'must be greater than 0'),
    );
  }
  return errors;
}

/** Probes that decide over a restart succeed at once. */
export function validateRestartingProbe(probe: Probe | undefined, path: string): FieldErrors {
  const errors = validateProbe(probe, path);
  if (probe !== undefined && probe.successThreshold !== undefined && probe.successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return errors;
}

export function validateReadinessProbe(probe: Probe | undefined, path: string): FieldErrors {
  const errors = validateProbe(probe, path);
  if (probe?.terminationGracePeriodSeconds !== undefined) {
    errors.push(
      invalid(
        `${path}.terminationGracePeriodSeconds`,
        probe.terminationGracePeriodSeconds,
        'must not be set for readinessProbes',
      ),
    );
  }
  return errors;
}

export function validateLifecycle(lifecycle: Lifecycle | undefined, path: string): FieldErrors {
  if (lifecycle === undefined) return [];
  return [
    ...(lifecycle.postStart === undefined ? [] : validateHandler(lifecycle.postStart, `${path}.postStart`)),
    ...(lifecycle.preStop === undefined ? [] : validateHandler(lifecycle.preStop, `${path}.preStop`)),
  ];
}

function validateHandler(handler: Handler, path: string): FieldErrors {
  const errors: FieldErrors = [];
  let handlers = 0;
  const add = (name: string, check: () => FieldErrors): void => {
    if (handlers > 0) errors.push(forbiddenField(`${path}.${name}`, 'may not specify more than 1 handler type'));
    else errors.push(...check());
    handlers++;
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (exec !== undefined) {
    add('exec', () => ((exec.command ?? []).length === 0 ? [required(`${path}.exec.command`)] : []));
  }
  if (httpGet !== undefined) add('httpGet', () => validateHttpGet(httpGet, `${path}.httpGet`));
  if (tcpSocket !== undefined) {
    add('tcpSocket', () => validatePortNumberOrName(tcpSocket.port, `${path}.tcpSocket.port`));
  }
  if (grpc !== undefined) add('grpc', () => complaints(`${path}.grpc.port`, grpc.port, portNumber(grpc.port)));
  if (sleep !== undefined) {
    add('sleep', () =>
      sleep.seconds < 0 ? [invalid(`${path}.sleep`, sleep.seconds, 'must be greater than or equal to 0')] : [],
    );
  }
  return handlers === 0 ? [required(path, 'must specify a handler type')] : errors;
}

function validateHttpGet(action: HTTPGetAction, path: string): FieldErrors {
  const errors: FieldErrors = [];
  if ((action.path ?? '') === '') errors.push(required(`${path}.path`));
  errors.push(...validatePortNumberOrName(action.port, `${path}.port`));
  if (action.scheme !== 'HTTP' && action.scheme !== 'HTTPS') {
    errors.push(notSupported(`${path}.scheme`, action.scheme ?? '', ['HTTP', 'HTTPS']));
  }
  for (const header of action.httpHeaders ?? []) {
    errors.push(...complaints(`${path}.httpHeaders`, header.name, httpHeaderName(header.name)));
  }
  return errors;
}

export function validatePortNumberOrName(port: IntOrString | undefined, path: string): FieldErrors {
  return typeof port === 'string'
    ? complaints(path, port, portName(port))
    : complaints(path, port ?? 0, portNumber(port ?? 0));
}
