// What keeps a cluster in shape: compaction, defragmentation, alarms, snapshots, leadership.
// Models etcdctl/ctlv3/command/{compaction,defrag,alarm,snapshot,move_leader}_command.go
import {
  EtcdPaths,
  type AlarmMember,
  type AlarmResponse,
  type SnapshotResponse,
  type StatusResponse,
} from '../../api/etcd.ts';
import { formatDuration } from '../../lib/duration.ts';
import { everyEndpoint } from './endpoint.ts';
import type { EtcdctlCall } from './etcdctl.ts';
import { format, printJson } from './output.ts';
import { call, callEach, EtcdctlError } from './rpc.ts';

export async function compaction(request: EtcdctlCall): Promise<void> {
  const revision = Number(request.args[0]);
  if (request.args.length !== 1) throw new EtcdctlError('compaction command needs 1 argument', 128);
  if (!Number.isSafeInteger(revision))
    throw new EtcdctlError(`strconv.ParseInt: parsing "${request.args[0] ?? ''}": invalid syntax`, 128);
  await call(request, EtcdPaths.compact, { revision, physical: request.flags.bool('physical', false) });
  request.io.stdout(`compacted revision ${revision}\n`);
}

/** One member after the other: each stops for as long as it takes. */
export async function defrag(request: EtcdctlCall): Promise<void> {
  const { io } = request;
  const { endpoints } = await everyEndpoint(request);
  let failed = false;
  for (const endpoint of endpoints) {
    const started = io.uptime();
    const [answer] = await callEach<object>({ ...request, endpoints: [endpoint] }, EtcdPaths.defragment, {});
    const took = formatDuration(io.uptime() - started);
    if (answer?.error === undefined) io.stdout(`Finished defragmenting etcd member[${endpoint}]. took ${took}\n`);
    else {
      io.stderr(`Failed to defragment etcd member[${endpoint}]. took ${took}. (${answer.error})\n`);
      failed = true;
    }
  }
  if (failed) throw new EtcdctlError('', 1);
}

const ALL = { memberId: '0', alarm: 'NONE' } as const;

export async function alarmList(request: EtcdctlCall): Promise<void> {
  const response = await call<AlarmResponse>(request, EtcdPaths.alarm, { action: 'GET', ...ALL });
  if (format(request) === 'json') return printJson(request.io, response);
  request.io.stdout(response.alarms.map(alarmLine).join(''));
}

/** All of them, one by one. */
export async function alarmDisarm(request: EtcdctlCall): Promise<void> {
  const { alarms } = await call<AlarmResponse>(request, EtcdPaths.alarm, { action: 'GET', ...ALL });
  for (const alarm of alarms) await call<AlarmResponse>(request, EtcdPaths.alarm, { action: 'DEACTIVATE', ...alarm });
  request.io.stdout(alarms.map(alarmLine).join(''));
}

/** As protobuf prints it. */
function alarmLine({ memberId, alarm }: AlarmMember): string {
  return `memberID:${BigInt(`0x${memberId}`)} alarm:${alarm} \n`;
}

export async function snapshotSave(request: EtcdctlCall): Promise<void> {
  const { io, args, endpoints } = request;
  const [path] = args;
  if (path === undefined || args.length > 1) throw new EtcdctlError(`snapshot save expects one argument`, 128);
  if (endpoints.length > 1)
    throw new EtcdctlError(`snapshot must be requested to one selected node, not multiple [${endpoints.join(' ')}]`);
  const { blob, version } = await call<SnapshotResponse>(request, EtcdPaths.snapshot, {});
  io.files.write(path, blob);
  io.stdout(`Snapshot saved at ${path}\nServer version ${version}\n`);
}

/** Must be asked of the leader itself. */
export async function moveLeader(request: EtcdctlCall): Promise<void> {
  const target = request.args[0];
  if (target === undefined) throw new EtcdctlError('move-leader command needs 1 argument', 128);
  if (!/^[0-9a-f]{1,16}$/i.test(target))
    throw new EtcdctlError(
      `bad member ID arg (strconv.ParseUint: parsing "${target}": invalid syntax), expecting ID in Hex`,
      128,
    );
  const results = await callEach<StatusResponse>(request, EtcdPaths.status, {});
  const leader = results.find(({ result }) => result !== undefined && result.leader === result.header.memberId);
  if (leader?.result === undefined)
    throw new EtcdctlError(`no leader endpoint given at [${request.endpoints.join(' ')}]`, 128);
  await call({ ...request, endpoints: [leader.endpoint] }, EtcdPaths.moveLeader, { targetId: target });
  request.io.stdout(`Leadership transferred from ${leader.result.header.memberId} to ${target}\n`);
}
