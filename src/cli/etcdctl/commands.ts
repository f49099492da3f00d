import {
  EtcdPaths,
  type DeleteRangeResponse,
  type KeyValue,
  type LeaseGrantResponse,
  type LeaseTimeToLiveResponse,
  type MemberListResponse,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type ResponseHeader,
  type StatusResponse,
  type WatchResponse,
} from '../../api/etcd.ts';
import { formatDuration } from '../../lib/duration.ts';
import { asciiTable } from '../text/ascii-table.ts';
import type { EtcdctlCall, EtcdctlCommand } from './etcdctl.ts';
import { call, callAt, callEach, EtcdctlError, errorText } from './rpc.ts';

const PROPOSAL_KEY = 'health';

/** In the order of etcdctl's help. */
export const commands: readonly EtcdctlCommand[] = [
  {
    name: 'compaction',
    usage: '<revision>',
    about: 'Compacts the event history in etcd',
    switches: ['physical'],
    run: compaction,
  },
  {
    name: 'del',
    usage: '<key> [range_end]',
    about: 'Removes the specified key or range of keys [key, range_end)',
    switches: ['prefix', 'from-key', 'prev-kv'],
    run: del,
  },
  {
    name: 'endpoint health',
    usage: '',
    about: 'Checks the healthiness of endpoints specified in `--endpoints` flag',
    run: health,
  },
  {
    name: 'endpoint status',
    usage: '',
    about: 'Prints out the status of endpoints specified in `--endpoints` flag',
    run: status,
  },
  {
    name: 'get',
    usage: '<key> [range_end]',
    about: 'Gets the key or a range of keys',
    switches: ['prefix', 'from-key', 'keys-only', 'count-only', 'print-value-only'],
    run: get,
  },
  { name: 'lease grant', usage: '<ttl>', about: 'Creates leases', run: leaseGrant },
  { name: 'lease revoke', usage: '<leaseID>', about: 'Revokes leases', run: leaseRevoke },
  {
    name: 'lease timetolive',
    usage: '<leaseID>',
    about: 'Get lease information',
    switches: ['keys'],
    run: leaseTimeToLive,
  },
  { name: 'member list', usage: '', about: 'Lists all members in the cluster', run: memberList },
  {
    name: 'move-leader',
    usage: '<transferee-member-id>',
    about: 'Transfers leadership to another etcd cluster member.',
    run: moveLeader,
  },
  {
    name: 'put',
    usage: '<key> <value>',
    about: 'Puts the given key into the store',
    switches: ['prev-kv', 'ignore-value', 'ignore-lease'],
    run: put,
  },
  { name: 'version', usage: '', about: 'Prints the version of etcdctl', run: version },
  {
    name: 'watch',
    usage: '<key> [range_end]',
    about: 'Watches events stream on keys or prefixes',
    switches: ['prefix', 'prev-kv', 'progress-notify'],
    run: watch,
  },
];

const format = ({ flags }: EtcdctlCall) => flags.get('write-out') ?? 'simple';
const json = (value: unknown) => `${JSON.stringify(value)}\n`;

function keyRange({ args, flags }: EtcdctlCall, command: string): { key: string; rangeEnd?: string } {
  const [key, end] = args;
  if (key === undefined) {
    if (flags.bool('prefix', false)) return { key: '\0', rangeEnd: '\0' };
    throw new EtcdctlError(`${command} command needs one argument as key and an optional argument as range_end`, 128);
  }
  if (flags.bool('prefix', false))
    return key === '' ? { key: '\0', rangeEnd: '\0' } : { key, rangeEnd: prefixEnd(key) };
  if (flags.bool('from-key', false)) return { key, rangeEnd: '\0' };
  return end === undefined ? { key } : { key, rangeEnd: end };
}

/** The smallest key that is greater than every key with the prefix. */
export function prefixEnd(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}

async function get(request: EtcdctlCall): Promise<void> {
  const { io, flags } = request;
  const range: RangeRequest = {
    ...keyRange(request, 'get'),
    limit: flags.int('limit', 0),
    revision: flags.int('rev', 0),
    keysOnly: flags.bool('keys-only', false),
    countOnly: flags.bool('count-only', false),
    serializable: flags.get('consistency') === 's',
  };
  const response = await call<RangeResponse>(request, EtcdPaths.range, range);
  if (format(request) === 'json') return io.stdout(json(response));
  if (range.countOnly === true) return io.stdout(`${response.count}\n`);
  const valueOnly = flags.bool('print-value-only', false);
  io.stdout(response.kvs.map((kv) => printKv(kv, valueOnly)).join(''));
}

function printKv(kv: KeyValue, valueOnly = false): string {
  return valueOnly ? `${kv.value}\n` : `${kv.key}\n${kv.value}\n`;
}

async function put(request: EtcdctlCall): Promise<void> {
  const [key, value] = request.args;
  const { flags } = request;
  if (key === undefined || (value === undefined && !flags.bool('ignore-value', false)))
    throw new EtcdctlError('put command needs 2 arguments', 128);
  const lease = flags.get('lease');
  const response = await call<PutResponse>(request, EtcdPaths.put, {
    key,
    value: value ?? '',
    ...(lease === undefined ? {} : { lease }),
    prevKv: flags.bool('prev-kv', false),
    ignoreValue: flags.bool('ignore-value', false),
    ignoreLease: flags.bool('ignore-lease', false),
  });
  if (format(request) === 'json') return request.io.stdout(json(response));
  request.io.stdout(`OK\n${response.prevKv === undefined ? '' : printKv(response.prevKv)}`);
}

async function del(request: EtcdctlCall): Promise<void> {
  const response = await call<DeleteRangeResponse>(request, EtcdPaths.deleteRange, {
    ...keyRange(request, 'del'),
    prevKv: request.flags.bool('prev-kv', false),
  });
  if (format(request) === 'json') return request.io.stdout(json(response));
  request.io.stdout(`${response.deleted}\n${response.prevKvs.map((kv) => printKv(kv)).join('')}`);
}

async function compaction(request: EtcdctlCall): Promise<void> {
  const revision = Number(request.args[0]);
  if (request.args[0] === undefined) throw new EtcdctlError('compaction command needs 1 argument', 128);
  if (!Number.isSafeInteger(revision))
    throw new EtcdctlError(`strconv.ParseInt: parsing "${request.args[0]}": invalid syntax`, 128);
  await call(request, EtcdPaths.compact, { revision, physical: request.flags.bool('physical', false) });
  request.io.stdout(`compacted revision ${revision}\n`);
}

async function memberList(request: EtcdctlCall): Promise<void> {
  const response = await call<MemberListResponse>(request, EtcdPaths.memberList, {});
  if (format(request) === 'json') return request.io.stdout(json(response));
  const rows = response.members.map((member) => [
    member.id,
    member.name === '' ? 'unstarted' : 'started',
    member.name,
    member.peerUrls.join(','),
    member.clientUrls.join(','),
    String(member.isLearner),
  ]);
  const head = ['ID', 'STATUS', 'NAME', 'PEER ADDRS', 'CLIENT ADDRS', 'IS LEARNER'];
  request.io.stdout(
    format(request) === 'table' ? asciiTable(head, rows) : rows.map((row) => `${row.join(', ')}\n`).join(''),
  );
}

async function everyEndpoint(request: EtcdctlCall): Promise<EtcdctlCall> {
  if (!request.flags.bool('cluster', false)) return request;
  const { members } = await call<MemberListResponse>(request, EtcdPaths.memberList, {});
  return {
    ...request,
    endpoints: members.flatMap(({ clientUrls }) =>
      clientUrls.slice(0, 1).map((url) => url.replace(/^https?:\/\//, '')),
    ),
  };
}

const statusHead = [
  'ENDPOINT',
  'ID',
  'VERSION',
  'STORAGE VERSION',
  'DB SIZE',
  'IN USE',
  'PERCENTAGE NOT IN USE',
  'QUOTA',
  'IS LEADER',
  'IS LEARNER',
  'RAFT TERM',
  'RAFT INDEX',
  'RAFT APPLIED INDEX',
  'ERRORS',
  'DOWNGRADE TARGET VERSION',
  'DOWNGRADE ENABLED',
];

async function status(request: EtcdctlCall): Promise<void> {
  const { io } = request;
  const results = await callEach<StatusResponse>(await everyEndpoint(request), EtcdPaths.status, {});
  for (const { endpoint, error } of results)
    if (error !== undefined) io.stderr(`Failed to get the status of endpoint ${endpoint} (${error})\n`);
  const answered = results.flatMap(({ endpoint, result }) => (result === undefined ? [] : [{ endpoint, result }]));
  if (format(request) === 'json') {
    io.stdout(json(answered.map(({ endpoint, result }) => ({ Endpoint: endpoint, Status: result }))));
  } else {
    const rows = answered.map(({ endpoint, result }) => statusRow(endpoint, result));
    io.stdout(
      format(request) === 'table' ? asciiTable(statusHead, rows) : rows.map((row) => `${row.join(', ')}\n`).join(''),
    );
  }
  if (answered.length < results.length) throw new EtcdctlError('context deadline exceeded');
}

function statusRow(endpoint: string, s: StatusResponse): string[] {
  const unused = s.dbSize === 0 ? 0 : Math.trunc(((s.dbSize - s.dbSizeInUse) * 100) / s.dbSize);
  return [
    endpoint,
    s.header.memberId,
    s.version,
    s.version.split('.').slice(0, 2).join('.') + '.0',
    humanBytes(s.dbSize),
    humanBytes(s.dbSizeInUse),
    `${unused}%`,
    '0 B',
    String(s.leader === s.header.memberId),
    String(s.isLearner),
    String(s.raftTerm),
    String(s.raftIndex),
    String(s.raftAppliedIndex),
    s.errors.join(', '),
    '',
    'false',
  ];
}

/** Models dustin/go-humanize Bytes: powers of 1000, two digits. */
export function humanBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const text =
    unit > 0 && value < 10 ? (Math.floor(value * 10 + 0.5) / 10).toFixed(1) : String(Math.floor(value + 0.5));
  return `${text} ${units[unit] ?? ''}`;
}

async function health(request: EtcdctlCall): Promise<void> {
  const { io } = request;
  const all = await everyEndpoint(request);
  let unhealthy = false;
  const rows: string[][] = [];
  for (const endpoint of all.endpoints) {
    const started = io.uptime();
    const [result] = await callEach<RangeResponse>({ ...all, endpoints: [endpoint] }, EtcdPaths.range, {
      key: PROPOSAL_KEY,
    });
    const took = formatDuration(io.uptime() - started);
    const error = result?.error;
    rows.push([endpoint, String(error === undefined), took, error ?? '']);
    if (error !== undefined) unhealthy = true;
  }
  if (format(request) === 'table') io.stdout(asciiTable(['ENDPOINT', 'HEALTH', 'TOOK', 'ERROR'], rows));
  else if (format(request) === 'json')
    io.stdout(
      json(
        rows.map(([endpoint, healthy, took, error]) => ({
          endpoint,
          health: healthy === 'true',
          took,
          ...(error === '' ? {} : { error }),
        })),
      ),
    );
  else
    for (const [endpoint, healthy, took, error] of rows)
      if (healthy === 'true') io.stdout(`${endpoint} is healthy: successfully committed proposal: took = ${took}\n`);
      else io.stderr(`${endpoint} is unhealthy: failed to commit proposal: ${error}\n`);
  if (unhealthy) throw new EtcdctlError('unhealthy cluster');
}

/** Must be asked of the leader itself. */
async function moveLeader(request: EtcdctlCall): Promise<void> {
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

async function leaseGrant(request: EtcdctlCall): Promise<void> {
  const ttl = Number(request.args[0]);
  if (!Number.isSafeInteger(ttl))
    throw new EtcdctlError(`bad TTL (strconv.ParseInt: parsing "${request.args[0] ?? ''}": invalid syntax)`, 128);
  const lease = await call<LeaseGrantResponse>(request, EtcdPaths.leaseGrant, { ttl });
  request.io.stdout(`lease ${lease.id} granted with TTL(${lease.ttl}s)\n`);
}

function leaseId({ args }: EtcdctlCall, command: string): string {
  const id = args[0];
  if (id === undefined) throw new EtcdctlError(`lease ${command} command needs 1 argument`, 128);
  return id;
}

async function leaseRevoke(request: EtcdctlCall): Promise<void> {
  const id = leaseId(request, 'revoke');
  await call<{ header: ResponseHeader }>(request, EtcdPaths.leaseRevoke, { id });
  request.io.stdout(`lease ${id} revoked\n`);
}

async function leaseTimeToLive(request: EtcdctlCall): Promise<void> {
  const keys = request.flags.bool('keys', false);
  const lease = await call<LeaseTimeToLiveResponse>(request, EtcdPaths.leaseTimeToLive, {
    id: leaseId(request, 'timetolive'),
    keys,
  });
  if (lease.ttl < 0) return request.io.stdout(`lease ${lease.id} already expired\n`);
  const attached = keys ? `, attached keys([${lease.keys.join(' ')}])` : '';
  request.io.stdout(`lease ${lease.id} granted with TTL(${lease.grantedTtl}s), remaining(${lease.ttl}s)${attached}\n`);
}

async function version({ io }: EtcdctlCall): Promise<void> {
  io.stdout('etcdctl version: 3.6.6\nAPI version: 3.6\n');
}

/** Until Ctrl-C, or until the server ends it. */
async function watch(request: EtcdctlCall): Promise<void> {
  const { io, flags } = request;
  const range = keyRange(request, 'watch');
  const endpoint = request.endpoints[0];
  if (endpoint === undefined) throw new EtcdctlError('no endpoints available');
  const client = io.connect(endpoint);
  await callAt(client, EtcdPaths.range, { key: PROPOSAL_KEY, countOnly: true, serializable: true });
  const print = (data: string) => {
    const response: WatchResponse = JSON.parse(data);
    if (response.canceled === true) io.stderr(`watch was canceled (${response.cancelReason ?? ''})\n`);
    for (const { type, kv, prevKv } of response.events) {
      if (format(request) === 'json') continue;
      io.stdout(
        `${type}\n${prevKv === undefined ? '' : printKv(prevKv)}${type === 'PUT' ? printKv(kv) : `${kv.key}\n\n`}`,
      );
    }
    if (format(request) === 'json' && response.events.length > 0) io.stdout(json(response));
  };
  const stream = client.stream(
    { method: 'POST', path: EtcdPaths.watch },
    {
      data: print,
      fail: (failure) => io.stderr(`watch failed: ${failure.reason}\n`),
      head: (response) => response.status >= 300 && io.stderr(`${errorText(response.body)}\n`),
    },
    { protocol: 'etcd' },
  );
  const create = {
    watchId: 1,
    ...range,
    startRevision: flags.int('rev', 0),
    prevKv: flags.bool('prev-kv', false),
    progressNotify: flags.bool('progress-notify', false),
  };
  stream.send(JSON.stringify({ create }));
  await io.untilInterrupted();
  stream.cancel();
  client.close();
}
