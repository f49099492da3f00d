// Every member by itself. Models etcdctl/ctlv3/command/ep_command.go
import {
  EtcdPaths,
  type AlarmResponse,
  type HashKvResponse,
  type MemberListResponse,
  type RangeResponse,
  type StatusResponse,
} from '../../api/etcd.ts';
import { formatDuration } from '../../lib/duration.ts';
import { humanBytes } from '../../lib/human-bytes.ts';
import { asciiTable } from '../../lib/ascii-table.ts';
import type { EtcdctlCall } from './etcdctl.ts';
import { format, printJson } from './output.ts';
import { call, callEach, EtcdctlError } from './rpc.ts';

const PROPOSAL_KEY = 'health';

export async function everyEndpoint(request: EtcdctlCall): Promise<EtcdctlCall> {
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

export async function status(request: EtcdctlCall): Promise<void> {
  const { io } = request;
  const results = await callEach<StatusResponse>(await everyEndpoint(request), EtcdPaths.status, {});
  for (const { endpoint, error } of results)
    if (error !== undefined) io.stderr(`Failed to get the status of endpoint ${endpoint} (${error})\n`);
  const answered = results.flatMap(({ endpoint, result }) => (result === undefined ? [] : [{ endpoint, result }]));
  if (format(request) === 'json') {
    printJson(
      io,
      answered.map(({ endpoint, result }) => ({ Endpoint: endpoint, Status: result })),
    );
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
    humanBytes(s.dbSizeQuota),
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
export async function health(request: EtcdctlCall): Promise<void> {
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
    const error = result?.error ?? (await alarmsAt(all, endpoint));
    rows.push([endpoint, String(error === undefined), took, error ?? '']);
    if (error !== undefined) unhealthy = true;
  }
  if (format(request) === 'table') io.stdout(asciiTable(['ENDPOINT', 'HEALTH', 'TOOK', 'ERROR'], rows));
  else if (format(request) === 'json')
    printJson(
      io,
      rows.map(([endpoint, healthy, took, error]) => ({
        endpoint,
        health: healthy === 'true',
        took,
        ...(error === '' ? {} : { error }),
      })),
    );
  else
    for (const [endpoint, healthy, took, error] of rows)
      if (healthy === 'true') io.stdout(`${endpoint} is healthy: successfully committed proposal: took = ${took}\n`);
      else io.stderr(`${endpoint} is unhealthy: failed to commit proposal: ${error}\n`);
  if (unhealthy) throw new EtcdctlError('unhealthy cluster');
}

/** A member that answers and has an alarm is not well. */
async function alarmsAt(request: EtcdctlCall, endpoint: string): Promise<string | undefined> {
  const get = { action: 'GET', memberId: '0', alarm: 'NONE' };
  const [answer] = await callEach<AlarmResponse>({ ...request, endpoints: [endpoint] }, EtcdPaths.alarm, get);
  if (answer?.result === undefined) return 'Unable to fetch the alarm list';
  const { alarms } = answer.result;
  return alarms.length === 0 ? undefined : `Active Alarm(s): ${alarms.map(({ alarm }) => `${alarm} `).join('')}`;
}

export async function hashKv(request: EtcdctlCall): Promise<void> {
  const { io, flags } = request;
  const revision = flags.int('rev', 0);
  const results = await callEach<HashKvResponse>(await everyEndpoint(request), EtcdPaths.hashKv, { revision });
  for (const { endpoint, error } of results)
    if (error !== undefined) io.stderr(`Failed to get the hash of endpoint ${endpoint} (${error})\n`);
  const answered = results.flatMap(({ endpoint, result }) => (result === undefined ? [] : [{ endpoint, result }]));
  const rows = answered.map(({ endpoint, result }) => [endpoint, String(result.hash), String(result.hashRevision)]);
  if (format(request) === 'json')
    printJson(
      io,
      answered.map(({ endpoint, result }) => ({ Endpoint: endpoint, HashKV: result })),
    );
  else if (format(request) === 'table') io.stdout(asciiTable(['ENDPOINT', 'HASH', 'HASH REVISION'], rows));
  else io.stdout(rows.map((row) => `${row.join(', ')}\n`).join(''));
  if (answered.length < results.length) throw new EtcdctlError('context deadline exceeded');
}
