// Leases. Models etcdctl/ctlv3/command/lease_command.go
import {
  EtcdPaths,
  type LeaseGrantResponse,
  type LeaseTimeToLiveResponse,
  type ResponseHeader,
} from '../../api/etcd.ts';
import { SECOND } from '../../sim/env.ts';
import type { EtcdctlCall } from './etcdctl.ts';
import { format, printJson } from './output.ts';
import { call, EtcdctlError } from './rpc.ts';

export async function leaseGrant(request: EtcdctlCall): Promise<void> {
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

export async function leaseRevoke(request: EtcdctlCall): Promise<void> {
  const id = leaseId(request, 'revoke');
  await call<{ header: ResponseHeader }>(request, EtcdPaths.leaseRevoke, { id });
  request.io.stdout(`lease ${id} revoked\n`);
}

export async function leaseTimeToLive(request: EtcdctlCall): Promise<void> {
  const keys = request.flags.bool('keys', false);
  const lease = await call<LeaseTimeToLiveResponse>(request, EtcdPaths.leaseTimeToLive, {
    id: leaseId(request, 'timetolive'),
    keys,
  });
  if (lease.ttl < 0) return request.io.stdout(`lease ${lease.id} already expired\n`);
  const attached = keys ? `, attached keys([${lease.keys.join(' ')}])` : '';
  request.io.stdout(`lease ${lease.id} granted with TTL(${lease.grantedTtl}s), remaining(${lease.ttl}s)${attached}\n`);
}

export async function leaseList(request: EtcdctlCall): Promise<void> {
  const response = await call<{ readonly leases: readonly { readonly id: string }[] }>(
    request,
    EtcdPaths.leaseLeases,
    {},
  );
  if (format(request) === 'json') return printJson(request.io, response);
  request.io.stdout(`found ${response.leases.length} leases\n${response.leases.map(({ id }) => `${id}\n`).join('')}`);
}

/** Renews it at a third of its time, until Ctrl-C or until it is gone; `--once`: one time. */
export async function leaseKeepAlive(request: EtcdctlCall): Promise<void> {
  const { io, flags } = request;
  const id = leaseId(request, 'keep-alive');
  let interrupted = false;
  const interrupt = io.untilInterrupted().then(() => {
    interrupted = true;
  });
  while (!interrupted) {
    const { ttl } = await call<{ readonly ttl: number }>(request, EtcdPaths.leaseKeepAlive, { id });
    if (ttl <= 0) return io.stdout(`lease ${id} expired or revoked.\n`);
    io.stdout(`lease ${id} keepalived with TTL(${ttl})\n`);
    if (flags.bool('once', false)) return;
    await Promise.race([io.sleep(Math.max(1, Math.floor(ttl / 3)) * SECOND), interrupt]);
  }
}
