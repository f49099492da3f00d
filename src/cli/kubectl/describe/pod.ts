import { humanDuration } from '../../../lib/duration.ts';
import { parseTime } from '../../../lib/time.ts';
import { qosClass } from '../../../api/pods.ts';
import type { PodSpec } from '../../../api/types.gen.ts';
import type { Context } from '../command.ts';
import { annotationsOf, at, labelsOf, list, nameOf, namespaceOf, num, record, str, stringMap } from '../object.ts';
import type { Obj } from '../server.ts';
import { writeContainers, writeResources } from './containers.ts';
import { writeEvents } from './events.ts';
import { writeTolerations, writeTopologySpread } from './pod-parts.ts';
import { writeVolumes } from './volumes.ts';
import {
  DescribeWriter,
  labelLines,
  LEVEL_0,
  LEVEL_1,
  multiline,
  timeText,
  writeAnnotations,
  writeLabels,
} from './writer.ts';
import type { Describer } from './writer.ts';

export const pod: Describer = {
  group: '',
  kind: 'Pod',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    writeHead(writer, context, object);
    writeState(writer, object);
    writeBody(writer, object);
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

function writeHead(writer: DescribeWriter, context: Context, object: Obj): void {
  const spec = record(object, 'spec');
  writer.line(LEVEL_0, 'Name:', nameOf(object));
  writer.line(LEVEL_0, 'Namespace:', namespaceOf(object));
  if (num(spec, 'priority') !== undefined) writer.line(LEVEL_0, 'Priority:', String(num(spec, 'priority')));
  if (str(spec, 'priorityClassName') !== '')
    writer.line(LEVEL_0, 'Priority Class Name:', str(spec, 'priorityClassName'));
  if (str(spec, 'runtimeClassName') !== '') writer.line(LEVEL_0, 'Runtime Class Name:', str(spec, 'runtimeClassName'));
  if (str(spec, 'serviceAccountName') !== '') writer.line(LEVEL_0, 'Service Account:', str(spec, 'serviceAccountName'));
  const node = str(spec, 'nodeName');
  writer.line(LEVEL_0, 'Node:', node === '' ? '<none>' : `${node}/${str(object, 'status', 'hostIP')}`);
  if (str(object, 'status', 'startTime') !== '')
    writer.line(LEVEL_0, 'Start Time:', timeText(str(object, 'status', 'startTime')));
  writeLabels(writer, object);
  writeAnnotations(writer, object);
  const deleted = parseTime(str(object, 'metadata', 'deletionTimestamp'));
  if (deleted !== undefined && str(object, 'status', 'reason') !== 'NodeLost') {
    writer.line(LEVEL_0, 'Status:', `Terminating (lasts ${humanDuration(context.io.now() - deleted)})`);
    writer.line(LEVEL_0, 'Termination Grace Period:', `${num(object, 'metadata', 'deletionGracePeriodSeconds') ?? 0}s`);
  } else writer.line(LEVEL_0, 'Status:', str(object, 'status', 'phase'));
}

function writeState(writer: DescribeWriter, object: Obj): void {
  const status = record(object, 'status');
  if (str(status, 'reason') !== '') writer.line(LEVEL_0, 'Reason:', str(status, 'reason'));
  if (str(status, 'message') !== '') writer.line(LEVEL_0, 'Message:', str(status, 'message'));
  const seccomp = str(object, 'spec', 'securityContext', 'seccompProfile', 'type');
  if (seccomp !== '') writer.line(LEVEL_0, 'SeccompProfile:', seccomp);
  writer.line(LEVEL_0, 'IP:', str(status, 'podIP'));
  const ips = list(status, 'podIPs');
  writer.write(LEVEL_0, ips.length === 0 ? 'IPs:\t<none>\n' : 'IPs:\n');
  for (const ip of ips) writer.line(LEVEL_1, 'IP:', str(ip, 'ip'));
  const owner = controllerOf(object);
  if (owner !== '') writer.line(LEVEL_0, 'Controlled By:', owner);
  if (str(status, 'nominatedNodeName') !== '')
    writer.line(LEVEL_0, 'NominatedNodeName:', str(status, 'nominatedNodeName'));
  const resources = record(object, 'spec', 'resources');
  if (Object.keys(resources).length > 0) {
    writer.write(LEVEL_0, 'Resources:\n');
    writeResources(writer, resources, LEVEL_1);
  }
}

/** `ReplicaSet/web-5d9`, or ''. */
export function controllerOf(object: Obj): string {
  const owner = list(object, 'metadata', 'ownerReferences').find((each) => at(each, 'controller') === true);
  return owner === undefined ? '' : `${str(owner, 'kind')}/${str(owner, 'name')}`;
}

function writeBody(writer: DescribeWriter, object: Obj): void {
  const [spec, status] = [record(object, 'spec'), record(object, 'status')];
  const resolve = (path: string): string => fieldValue(object, path);
  if (list(spec, 'initContainers').length > 0) {
    writeContainers(
      writer,
      'Init Containers',
      list(spec, 'initContainers'),
      list(status, 'initContainerStatuses'),
      '',
      resolve,
    );
  }
  writeContainers(writer, 'Containers', list(spec, 'containers'), list(status, 'containerStatuses'), '', resolve);
  if (list(spec, 'ephemeralContainers').length > 0) {
    writeContainers(
      writer,
      'Ephemeral Containers',
      list(spec, 'ephemeralContainers'),
      list(status, 'ephemeralContainerStatuses'),
      '',
      resolve,
    );
  }
  const conditions = list(status, 'conditions');
  const gates = list(spec, 'readinessGates');
  if (gates.length > 0) writer.write(LEVEL_0, 'Readiness Gates:\n  Type\tStatus\n');
  for (const gate of gates) {
    const found = conditions.find((each) => str(each, 'type') === str(gate, 'conditionType'));
    writer.write(
      LEVEL_1,
      `${str(gate, 'conditionType')} \t${found === undefined ? '<none>' : str(found, 'status')} \n`,
    );
  }
  if (conditions.length > 0) writer.write(LEVEL_0, 'Conditions:\n  Type\tStatus\n');
  for (const condition of conditions)
    writer.write(LEVEL_1, `${str(condition, 'type')} \t${str(condition, 'status')} \n`);
  writeVolumes(writer, list(spec, 'volumes'), '');
  writer.line(LEVEL_0, 'QoS Class:', str(status, 'qosClass') || qosClass(spec as unknown as PodSpec));
  multiline(writer, 'Node-Selectors', labelLines(stringMap(spec, 'nodeSelector')));
  writeTolerations(writer, list(spec, 'tolerations'));
  writeTopologySpread(writer, list(spec, 'topologySpreadConstraints'));
}

function fieldValue(object: Obj, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null)
    return (subscript[1] === 'labels' ? labelsOf(object) : annotationsOf(object))[subscript[2] ?? ''] ?? '';
  return str(object, ...path.split('.'));
}
