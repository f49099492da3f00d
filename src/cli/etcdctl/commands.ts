import { alarmDisarm, alarmList, compaction, defrag, moveLeader, snapshotSave } from './maintenance.ts';
import { hashKv, health, status } from './endpoint.ts';
import type { EtcdctlCall, EtcdctlCommand } from './etcdctl.ts';
import { del, get, put } from './kv.ts';
import { leaseGrant, leaseKeepAlive, leaseList, leaseRevoke, leaseTimeToLive } from './lease.ts';
import { memberAdd, memberList, memberPromote, memberRemove, memberUpdate } from './member.ts';
import { txn } from './txn.ts';
import { watch } from './watch.ts';

/** In the order of etcdctl's help. */
export const commands: readonly EtcdctlCommand[] = [
  { name: 'alarm disarm', usage: '', about: 'Disarms all alarms', run: alarmDisarm },
  { name: 'alarm list', usage: '', about: 'Lists all alarms', run: alarmList },
  {
    name: 'compaction',
    usage: '<revision>',
    about: 'Compacts the event history in etcd',
    switches: ['physical'],
    run: compaction,
  },
  { name: 'defrag', usage: '', about: 'Defragments the storage of the etcd members with given endpoints', run: defrag },
  {
    name: 'del',
    usage: '<key> [range_end]',
    about: 'Removes the specified key or range of keys [key, range_end)',
    switches: ['prefix', 'from-key', 'prev-kv'],
    run: del,
  },
  {
    name: 'endpoint hashkv',
    usage: '',
    about: 'Prints the KV history hash for each endpoint in --endpoints',
    run: hashKv,
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
  {
    name: 'lease keep-alive',
    usage: '<leaseID>',
    about: 'Keeps leases alive (renew)',
    switches: ['once'],
    run: leaseKeepAlive,
  },
  { name: 'lease list', usage: '', about: 'List all active leases', run: leaseList },
  { name: 'lease revoke', usage: '<leaseID>', about: 'Revokes leases', run: leaseRevoke },
  {
    name: 'lease timetolive',
    usage: '<leaseID>',
    about: 'Get lease information',
    switches: ['keys'],
    run: leaseTimeToLive,
  },
  {
    name: 'member add',
    usage: '<memberName>',
    about: 'Adds a member into the cluster',
    switches: ['learner'],
    run: memberAdd,
  },
  { name: 'member list', usage: '', about: 'Lists all members in the cluster', run: memberList },
  {
    name: 'member promote',
    usage: '<memberID>',
    about: 'Promotes a non-voting member in the cluster',
    run: memberPromote,
  },
  { name: 'member remove', usage: '<memberID>', about: 'Removes a member from the cluster', run: memberRemove },
  { name: 'member update', usage: '<memberID>', about: 'Updates a member in the cluster', run: memberUpdate },
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
  {
    name: 'snapshot save',
    usage: '<filename>',
    about: 'Stores an etcd node backend snapshot to a given file',
    run: snapshotSave,
  },
  {
    name: 'txn',
    usage: '',
    about: 'Txn processes all the requests in one transaction',
    switches: ['interactive'],
    run: txn,
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

async function version({ io }: EtcdctlCall): Promise<void> {
  io.stdout('etcdctl version: 3.6.6\nAPI version: 3.6\n');
}
