// Who belongs to the cluster. Models etcdctl/ctlv3/command/member_command.go
import { EtcdPaths, type MemberAddResponse, type MemberListRequest, type MemberListResponse } from '../../api/etcd.ts';
import { asciiTable } from '../../lib/ascii-table.ts';
import type { EtcdctlCall } from './etcdctl.ts';
import { format, printJson } from './output.ts';
import { call, EtcdctlError } from './rpc.ts';

const HEAD = ['ID', 'STATUS', 'NAME', 'PEER ADDRS', 'CLIENT ADDRS', 'IS LEARNER'];

export async function memberList(request: EtcdctlCall): Promise<void> {
  const body: MemberListRequest = { linearizable: request.flags.get('consistency') !== 's' };
  const response = await call<MemberListResponse>(request, EtcdPaths.memberList, body);
  if (format(request) === 'json') return printJson(request.io, response);
  const rows = response.members.map((member) => [
    member.id,
    member.name === '' ? 'unstarted' : 'started',
    member.name,
    member.peerUrls.join(','),
    member.clientUrls.join(','),
    String(member.isLearner),
  ]);
  request.io.stdout(
    format(request) === 'table' ? asciiTable(HEAD, rows) : rows.map((row) => `${row.join(', ')}\n`).join(''),
  );
}

export async function memberAdd(request: EtcdctlCall): Promise<void> {
  const { args, flags, io } = request;
  const [name] = args;
  if (name === undefined) throw new EtcdctlError('member name not provided', 128);
  if (args.length > 1) {
    const meant = args.filter((word) => word.toLowerCase().startsWith('http'));
    const hint = meant.map((word) => `, did you mean --peer-urls=${word}`).join('');
    throw new EtcdctlError(`too many arguments${hint}`, 128);
  }
  const given = flags.get('peer-urls') ?? '';
  if (given === '') throw new EtcdctlError('member peer urls not provided', 128);
  const isLearner = flags.bool('learner', false);
  const response = await call<MemberAddResponse>(request, EtcdPaths.memberAdd, {
    peerUrls: given.split(','),
    isLearner,
  });
  const { member, header, members } = response;
  if (format(request) === 'json') return printJson(io, response);
  const how = isLearner ? ' as learner ' : ' ';
  if (format(request) === 'table') throw new EtcdctlError('Only support "simple" and "json" for this command');
  io.stdout(`Member ${member.id.padStart(16)} added${how}to cluster ${header.clusterId.padStart(16)}\n`);
  const all = members.flatMap((each) =>
    each.peerUrls.map((url) => `${each.id === member.id ? name : each.name}=${url}`),
  );
  io.stdout(
    `\nETCD_NAME="${name}"\nETCD_INITIAL_CLUSTER="${all.join(',')}"\nETCD_INITIAL_ADVERTISE_PEER_URLS="${given}"\nETCD_INITIAL_CLUSTER_STATE="existing"\n`,
  );
}

export async function memberRemove(request: EtcdctlCall): Promise<void> {
  const id = memberId(request, 'member ID is not provided');
  await changed(request, EtcdPaths.memberRemove, { id }, `Member ${id.padStart(16)} removed from`);
}

export async function memberUpdate(request: EtcdctlCall): Promise<void> {
  const id = memberId(request, 'member ID is not provided');
  const given = request.flags.get('peer-urls') ?? '';
  if (given === '') throw new EtcdctlError('member peer urls not provided', 128);
  const body = { id, peerUrls: given.split(',') };
  await changed(request, EtcdPaths.memberUpdate, body, `Member ${id.padStart(16)} updated in`);
}

export async function memberPromote(request: EtcdctlCall): Promise<void> {
  const id = memberId(request, 'member ID is not provided');
  await changed(request, EtcdPaths.memberPromote, { id }, `Member ${id.padStart(16)} promoted in`);
}

async function changed(request: EtcdctlCall, path: string, body: object, text: string): Promise<void> {
  const response = await call<MemberListResponse>(request, path, body);
  if (format(request) === 'json') return printJson(request.io, response);
  request.io.stdout(`${text} cluster ${response.header.clusterId.padStart(16)}\n`);
}

function memberId({ args }: EtcdctlCall, missing: string): string {
  const [id] = args;
  if (id === undefined || args.length !== 1) throw new EtcdctlError(missing, 128);
  return parseMemberId(id);
}

/** Throws in Go's words. */
export function parseMemberId(text: string): string {
  if (/^[0-9a-f]{1,16}$/i.test(text)) return text.toLowerCase().replace(/^0+(?=.)/, '');
  const why = /^[0-9a-f]+$/i.test(text) ? 'value out of range' : 'invalid syntax';
  throw new EtcdctlError(`bad member ID arg (strconv.ParseUint: parsing "${text}": ${why}), expecting ID in Hex`, 128);
}
