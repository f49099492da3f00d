import { at, bool, list, num, record, str, strings } from '../object.ts';
import type { Obj } from '../server.ts';
import { LEVEL_0, LEVEL_1, LEVEL_2, LEVEL_3, timeText } from './writer.ts';
import type { DescribeWriter } from './writer.ts';
import { canonicalQuantity } from '../../../api/quantity.ts';

/** Resolves a container's downward references against its pod; a template has none. */
export type Resolve = (fieldPath: string) => string;

/** Models describe.describeContainers. `space` is two spaces in a pod template, and empty in a pod. */
export function writeContainers(
  writer: DescribeWriter,
  title: string,
  containers: readonly Obj[],
  statuses: readonly Obj[],
  space: string,
  resolve: Resolve,
): void {
  writer.write(LEVEL_0, `${space}${title}:${containers.length === 0 ? ' <none>' : ''}\n`);
  for (const container of containers) {
    const status = statuses.find((each) => str(each, 'name') === str(container, 'name'));
    writeBasics(writer, container, status, space);
    writeWords(writer, 'Command', strings(container, 'command'));
    writeWords(writer, 'Args', strings(container, 'args'));
    if (status !== undefined) writeState(writer, status);
    writeResources(writer, at(container, 'resources'), LEVEL_2);
    for (const [field, label] of [
      ['livenessProbe', 'Liveness'],
      ['readinessProbe', 'Readiness'],
      ['startupProbe', 'Startup'],
    ] as const) {
      if (at(container, field) !== undefined) writer.line(LEVEL_2, `${label}:`, probeText(record(container, field)));
    }
    writeEnvFrom(writer, container);
    writeEnv(writer, container, resolve);
    writeMounts(writer, container);
  }
}

function writeBasics(writer: DescribeWriter, container: Obj, status: Obj | undefined, space: string): void {
  writer.write(LEVEL_1, `${space === '' ? '' : ' '}${str(container, 'name')}:\n`);
  if (status !== undefined) writer.line(LEVEL_2, 'Container ID:', str(status, 'containerID'));
  writer.line(LEVEL_2, 'Image:', str(container, 'image'));
  if (status !== undefined) writer.line(LEVEL_2, 'Image ID:', str(status, 'imageID'));
  const ports = list(container, 'ports');
  const text = ports
    .map(
      (port) =>
        `${str(port, 'containerPort')}/${protocolOf(port)}${str(port, 'name') === '' ? '' : ` (${str(port, 'name')})`}`,
    )
    .join(', ');
  const host = ports
    .map(
      (port) =>
        `${num(port, 'hostPort') ?? 0}/${protocolOf(port)}${str(port, 'name') === '' ? '' : ` (${str(port, 'name')})`}`,
    )
    .join(', ');
  writer.line(LEVEL_2, text.includes(',') ? 'Ports:' : 'Port:', text === '' ? '<none>' : text);
  writer.line(LEVEL_2, host.includes(',') ? 'Host Ports:' : 'Host Port:', host === '' ? '<none>' : host);
}

function protocolOf(port: Obj): string {
  return str(port, 'protocol') === '' ? 'TCP' : str(port, 'protocol');
}

function writeWords(writer: DescribeWriter, title: string, words: readonly string[]): void {
  if (words.length === 0) return;
  writer.write(LEVEL_2, `${title}:\n`);
  for (const word of words) for (const line of word.split('\n')) writer.write(LEVEL_3, `${line}\n`);
}

function writeState(writer: DescribeWriter, status: Obj): void {
  writeStatus(writer, 'State', record(status, 'state'));
  if (at(status, 'lastState', 'terminated') !== undefined)
    writeStatus(writer, 'Last State', record(status, 'lastState'));
  writer.line(LEVEL_2, 'Ready:', bool(status, 'ready') ? 'True' : 'False');
  writer.line(LEVEL_2, 'Restart Count:', String(num(status, 'restartCount') ?? 0));
}

function writeStatus(writer: DescribeWriter, name: string, state: Obj): void {
  const [running, waiting, terminated] = [at(state, 'running'), at(state, 'waiting'), at(state, 'terminated')];
  if (running !== undefined) {
    writer.line(LEVEL_2, `${name}:`, 'Running');
    writer.line(LEVEL_3, 'Started:', timeText(str(running, 'startedAt'), ''));
  } else if (terminated !== undefined) writeTerminated(writer, name, terminated);
  else {
    writer.line(LEVEL_2, `${name}:`, 'Waiting');
    if (str(waiting, 'reason') !== '') writer.line(LEVEL_3, 'Reason:', str(waiting, 'reason'));
  }
}

function writeTerminated(writer: DescribeWriter, name: string, state: unknown): void {
  writer.line(LEVEL_2, `${name}:`, 'Terminated');
  if (str(state, 'reason') !== '') writer.line(LEVEL_3, 'Reason:', str(state, 'reason'));
  if (str(state, 'message') !== '') writer.line(LEVEL_3, 'Message:', str(state, 'message'));
  writer.line(LEVEL_3, 'Exit Code:', String(num(state, 'exitCode') ?? 0));
  if ((num(state, 'signal') ?? 0) > 0) writer.line(LEVEL_3, 'Signal:', String(num(state, 'signal')));
  writer.line(LEVEL_3, 'Started:', timeText(str(state, 'startedAt'), 'Mon, 01 Jan 0001 00:00:00 +0000'));
  writer.line(LEVEL_3, 'Finished:', timeText(str(state, 'finishedAt'), 'Mon, 01 Jan 0001 00:00:00 +0000'));
}

export function writeResources(writer: DescribeWriter, resources: unknown, level: number): void {
  for (const [field, title] of [
    ['limits', 'Limits'],
    ['requests', 'Requests'],
  ] as const) {
    const amounts = record(resources, field);
    const names = Object.keys(amounts).sort();
    if (names.length > 0) writer.write(level, `${title}:\n`);
    for (const name of names) writer.line(level + 1, `${name}:`, canonicalQuantity(str(amounts, name)));
  }
}

/** Models describe.DescribeProbe. */
export function probeText(probe: Obj): string {
  const tail = `delay=${num(probe, 'initialDelaySeconds') ?? 0}s timeout=${num(probe, 'timeoutSeconds') ?? 0}s period=${num(probe, 'periodSeconds') ?? 0}s #success=${num(probe, 'successThreshold') ?? 0} #failure=${num(probe, 'failureThreshold') ?? 0}`;
  if (at(probe, 'exec') !== undefined) return `exec [${strings(probe, 'exec', 'command').join(' ')}] ${tail}`;
  if (at(probe, 'httpGet') !== undefined) {
    const http = record(probe, 'httpGet');
    const path = str(http, 'path');
    return `http-get ${str(http, 'scheme').toLowerCase()}://${str(http, 'host')}:${str(http, 'port')}${path === '' || path.startsWith('/') ? path : `/${path}`} ${tail}`;
  }
  if (at(probe, 'tcpSocket') !== undefined)
    return `tcp-socket ${str(probe, 'tcpSocket', 'host')}:${str(probe, 'tcpSocket', 'port')} ${tail}`;
  if (at(probe, 'grpc') !== undefined)
    return `grpc <pod>:${str(probe, 'grpc', 'port')} ${str(probe, 'grpc', 'service')} ${tail}`;
  return `unknown ${tail}`;
}

function writeEnvFrom(writer: DescribeWriter, container: Obj): void {
  const sources = list(container, 'envFrom');
  if (sources.length === 0) return;
  writer.write(LEVEL_2, 'Environment Variables from:\n');
  for (const source of sources) {
    const kind = at(source, 'configMapRef') !== undefined ? 'configMapRef' : 'secretRef';
    const prefix = str(source, 'prefix') === '' ? '' : ` with prefix '${str(source, 'prefix')}'`;
    writer.line(
      LEVEL_3,
      str(source, kind, 'name'),
      `${kind === 'configMapRef' ? 'ConfigMap' : 'Secret'}${prefix}`,
      `Optional: ${String(bool(source, kind, 'optional'))}`,
    );
  }
}

function writeEnv(writer: DescribeWriter, container: Obj, resolve: Resolve): void {
  const env = list(container, 'env');
  writer.write(LEVEL_2, `Environment:${env.length === 0 ? '\t<none>' : ''}\n`);
  for (const each of env) {
    const name = str(each, 'name');
    const from = record(each, 'valueFrom');
    if (Object.keys(from).length === 0) {
      str(each, 'value')
        .split('\n')
        .forEach((line, index) => writer.line(LEVEL_3, index === 0 ? `${name}:` : '', line));
    } else writer.line(LEVEL_3, `${name}:`, ...sourceCells(from, container, resolve));
  }
}

function sourceCells(from: Obj, container: Obj, resolve: Resolve): string[] {
  if (at(from, 'fieldRef') !== undefined) {
    const path = str(from, 'fieldRef', 'fieldPath');
    return [`${resolve(path)} (${str(from, 'fieldRef', 'apiVersion') || 'v1'}:${path})`];
  }
  if (at(from, 'resourceFieldRef') !== undefined) {
    const resource = str(from, 'resourceFieldRef', 'resource');
    const [kind = '', name = ''] = resource.split('.');
    const value = str(container, 'resources', kind, name);
    return [`${value === '' ? (kind === 'limits' ? 'node allocatable' : '0') : value} (${resource})`];
  }
  if (at(from, 'secretKeyRef') !== undefined) {
    const ref = record(from, 'secretKeyRef');
    return [
      `<set to the key '${str(ref, 'key')}' in secret '${str(ref, 'name')}'>`,
      `Optional: ${String(bool(ref, 'optional'))}`,
    ];
  }
  const ref = record(from, 'configMapKeyRef');
  return [
    `<set to the key '${str(ref, 'key')}' of config map '${str(ref, 'name')}'>`,
    `Optional: ${String(bool(ref, 'optional'))}`,
  ];
}

function writeMounts(writer: DescribeWriter, container: Obj): void {
  const mounts = [...list(container, 'volumeMounts')].sort((a, b) =>
    str(a, 'mountPath') < str(b, 'mountPath') ? -1 : 1,
  );
  writer.write(LEVEL_2, `Mounts:${mounts.length === 0 ? '\t<none>' : ''}\n`);
  for (const mount of mounts) {
    const flags = [
      bool(mount, 'readOnly') ? 'ro' : 'rw',
      ...(str(mount, 'subPath') === '' ? [] : [`path="${str(mount, 'subPath')}"`]),
    ];
    writer.write(LEVEL_3, `${str(mount, 'mountPath')} from ${str(mount, 'name')} (${flags.join(',')})\n`);
  }
  const devices = list(container, 'volumeDevices');
  if (devices.length > 0) writer.write(LEVEL_2, 'Devices:\n');
  for (const device of devices) writer.write(LEVEL_3, `${str(device, 'devicePath')} from ${str(device, 'name')}\n`);
}
