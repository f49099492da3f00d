import {
  addAmounts,
  formatQuantity,
  parseQuantity,
  amountMilliValue,
  amountValue,
  canonicalQuantity,
} from '../../../api/quantity.ts';
import type { Amount } from '../../../api/quantity.ts';
import { podLimitAmounts, podRequestAmounts } from '../../../api/pods.ts';
import type { PodSpec } from '../../../api/types.gen.ts';
import type { Context } from '../command.ts';
import { pathTo } from '../discovery.ts';
import { asError } from '../errors.ts';
import { bool, labelsOf, list, nameOf, namespaceOf, record, str, strings } from '../object.ts';
import { discoveryOf } from '../selection.ts';
import type { Obj } from '../server.ts';
import { writeEvents } from './events.ts';
import {
  ageText,
  DescribeWriter,
  LEVEL_0,
  LEVEL_1,
  multiline,
  timeText,
  writeAnnotations,
  writeLabels,
} from './writer.ts';
import type { Describer } from './writer.ts';

export const node: Describer = {
  group: '',
  kind: 'Node',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    writeHead(writer, object);
    await writeLease(writer, context, object);
    writeStatus(writer, object);
    await writePods(writer, context, object);
    const own = await events(object);
    const byName = await events({ ...object, metadata: { ...record(object, 'metadata'), uid: nameOf(object) } });
    writeEvents(context, writer, own === undefined ? undefined : [...own, ...(byName ?? [])]);
    return writer.finish();
  },
};

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function writeHead(writer: DescribeWriter, object: Obj): void {
  const labels = labelsOf(object);
  const roles = Object.keys(labels)
    .flatMap((key) =>
      key.startsWith(ROLE_PREFIX) && key !== ROLE_PREFIX
        ? [key.slice(ROLE_PREFIX.length)]
        : key === 'kubernetes.io/role'
          ? [labels[key] ?? '']
          : [],
    )
    .sort();
  writer.line(LEVEL_0, 'Name:', nameOf(object));
  writer.line(LEVEL_0, 'Roles:', roles.length === 0 ? '<none>' : roles.join(','));
  writeLabels(writer, object);
  writeAnnotations(writer, object);
  writer.line(LEVEL_0, 'CreationTimestamp:', timeText(str(object, 'metadata', 'creationTimestamp')));
  const taints = list(object, 'spec', 'taints').map(
    (taint) =>
      `${str(taint, 'key')}${str(taint, 'value') === '' ? '' : `=${str(taint, 'value')}`}:${str(taint, 'effect')}`,
  );
  multiline(writer, 'Taints', taints.sort());
  writer.line(LEVEL_0, 'Unschedulable:', String(bool(object, 'spec', 'unschedulable')));
}

async function writeLease(writer: DescribeWriter, context: Context, object: Obj): Promise<void> {
  let lease: Obj;
  try {
    lease = await context.server.json(
      'GET',
      `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${nameOf(object)}`,
    );
  } catch (error) {
    return writer.line(LEVEL_0, 'Lease:', `Failed to get lease: ${asError(error).message}`);
  }
  writer.write(LEVEL_0, 'Lease:\n');
  writer.line(LEVEL_1, 'HolderIdentity:', str(lease, 'spec', 'holderIdentity') || '<unset>');
  writer.line(LEVEL_1, 'AcquireTime:', timeText(str(lease, 'spec', 'acquireTime')));
  writer.line(LEVEL_1, 'RenewTime:', timeText(str(lease, 'spec', 'renewTime')));
}

function writeStatus(writer: DescribeWriter, object: Obj): void {
  const status = record(object, 'status');
  const conditions = list(status, 'conditions');
  if (conditions.length > 0) {
    writer.write(LEVEL_0, 'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n');
    writer.write(LEVEL_1, '----\t------\t-----------------\t------------------\t------\t-------\n');
  }
  for (const each of conditions) {
    const times = [
      timeText(str(each, 'lastHeartbeatTime'), ZERO_TIME),
      timeText(str(each, 'lastTransitionTime'), ZERO_TIME),
    ];
    writer.write(
      LEVEL_1,
      `${str(each, 'type')} \t${str(each, 'status')} \t${times.join(' \t')} \t${str(each, 'reason')} \t${str(each, 'message')}\n`,
    );
  }
  writer.write(LEVEL_0, 'Addresses:\n');
  for (const address of list(status, 'addresses'))
    writer.line(LEVEL_1, `${str(address, 'type')}:`, str(address, 'address'));
  for (const field of ['capacity', 'allocatable'] as const) {
    const amounts = record(status, field);
    if (Object.keys(amounts).length === 0) continue;
    writer.write(LEVEL_0, field === 'capacity' ? 'Capacity:\n' : 'Allocatable:\n');
    for (const name of Object.keys(amounts).sort())
      writer.line(LEVEL_1, `${name}:`, canonicalQuantity(str(amounts, name)));
  }
  writeSystem(writer, record(status, 'nodeInfo'));
  if (str(object, 'spec', 'podCIDR') !== '') writer.line(LEVEL_0, 'PodCIDR:', str(object, 'spec', 'podCIDR'));
  if (strings(object, 'spec', 'podCIDRs').length > 0)
    writer.line(LEVEL_0, 'PodCIDRs:', strings(object, 'spec', 'podCIDRs').join(','));
  if (str(object, 'spec', 'providerID') !== '') writer.line(LEVEL_0, 'ProviderID:', str(object, 'spec', 'providerID'));
}

const ZERO_TIME = 'Mon, 01 Jan 0001 00:00:00 +0000';

const SYSTEM_INFO = [
  ['Machine ID', 'machineID'],
  ['System UUID', 'systemUUID'],
  ['Boot ID', 'bootID'],
  ['Kernel Version', 'kernelVersion'],
  ['OS Image', 'osImage'],
  ['Operating System', 'operatingSystem'],
  ['Architecture', 'architecture'],
  ['Container Runtime Version', 'containerRuntimeVersion'],
  ['Kubelet Version', 'kubeletVersion'],
  ['Kube-Proxy Version', 'kubeProxyVersion'],
] as const;

function writeSystem(writer: DescribeWriter, info: Obj): void {
  writer.write(LEVEL_0, 'System Info:\n');
  for (const [label, field] of SYSTEM_INFO) writer.line(LEVEL_1, `${label}:`, str(info, field));
}

const ZERO = parseQuantity('0');

interface Sums {
  readonly requests: Map<string, Amount>;
  readonly limits: Map<string, Amount>;
}

async function writePods(writer: DescribeWriter, context: Context, object: Obj): Promise<void> {
  const resource = await discoveryOf(context).find('pods');
  const fieldSelector = `spec.nodeName=${nameOf(object)},status.phase!=Failed,status.phase!=Succeeded`;
  const pods = list(
    await context.server.json('GET', pathTo(resource, ''), { query: { fieldSelector, limit: '500' } }),
    'items',
  );
  const amounts = record(
    object,
    'status',
    Object.keys(record(object, 'status', 'allocatable')).length > 0 ? 'allocatable' : 'capacity',
  );
  const allocatable = (name: string): Amount => (str(amounts, name) === '' ? ZERO : parseQuantity(str(amounts, name)));
  writer.line(LEVEL_0, 'Non-terminated Pods:', `(${pods.length} in total)`);
  writer.write(LEVEL_1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n');
  writer.write(LEVEL_1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n');
  const sums: Sums = { requests: new Map(), limits: new Map() };
  for (const each of pods) {
    const spec = record(each, 'spec') as unknown as PodSpec;
    const [requests, limits] = [podRequestAmounts(spec), podLimitAmounts(spec)];
    addAll(sums.requests, requests);
    addAll(sums.limits, limits);
    const cell = (from: ReadonlyMap<string, Amount>, name: string): string =>
      share(from.get(name) ?? ZERO, allocatable(name), name);
    const cells = [cell(requests, 'cpu'), cell(limits, 'cpu'), cell(requests, 'memory'), cell(limits, 'memory')];
    writer.write(
      LEVEL_1,
      `${namespaceOf(each)}\t${nameOf(each)}\t\t${cells.join('\t')}\t${ageText(context, str(each, 'metadata', 'creationTimestamp'))}\n`,
    );
  }
  writeSums(writer, sums, allocatable, Object.keys(amounts));
}

function addAll(sum: Map<string, Amount>, more: ReadonlyMap<string, Amount>): void {
  for (const [name, amount] of more) sum.set(name, addAmounts(sum.get(name) ?? ZERO, amount));
}

function share(amount: Amount, of: Amount, name: string): string {
  const [part, whole] =
    name === 'cpu' ? [amountMilliValue(amount), amountMilliValue(of)] : [amountValue(amount), amountValue(of)];
  const percent = whole === 0 ? 0 : Math.trunc((part / whole) * 100);
  return `${formatQuantity(amount)} (${percent}%)`;
}

function writeSums(
  writer: DescribeWriter,
  sums: Sums,
  allocatable: (name: string) => Amount,
  names: readonly string[],
): void {
  writer.write(LEVEL_0, 'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n');
  writer.write(LEVEL_1, 'Resource\tRequests\tLimits\n');
  writer.write(LEVEL_1, '--------\t--------\t------\n');
  const row = (name: string): void =>
    writer.line(
      LEVEL_1,
      name,
      share(sums.requests.get(name) ?? ZERO, allocatable(name), name),
      share(sums.limits.get(name) ?? ZERO, allocatable(name), name),
    );
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) row(name);
  for (const name of names.filter((each) => each.startsWith('hugepages-')).sort()) row(name);
  const extended = names.filter((name) => name.includes('/')).sort();
  for (const name of extended)
    writer.line(
      LEVEL_1,
      name,
      formatQuantity(sums.requests.get(name) ?? ZERO),
      formatQuantity(sums.limits.get(name) ?? ZERO),
    );
}
