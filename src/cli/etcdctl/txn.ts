// A transaction from standard input: conditions, what to do if they hold, what to do if not, each ended by an empty line.
// Models etcdctl/ctlv3/command/txn_command.go
import { EtcdPaths, type Compare, type RequestOp, type ResponseOp, type TxnResponse } from '../../api/etcd.ts';
import { words } from '../text/words.ts';
import type { EtcdctlCall } from './etcdctl.ts';
import { prefixEnd, printKv } from './kv.ts';
import { format, printJson } from './output.ts';
import { call, EtcdctlError } from './rpc.ts';

const TARGETS: Readonly<Record<string, Compare['target']>> = {
  ver: 'VERSION',
  version: 'VERSION',
  c: 'CREATE',
  create: 'CREATE',
  m: 'MOD',
  mod: 'MOD',
  val: 'VALUE',
  value: 'VALUE',
  lease: 'LEASE',
};
const RESULTS: Readonly<Record<string, Compare['result']>> = {
  '=': 'EQUAL',
  '!=': 'NOT_EQUAL',
  '>': 'GREATER',
  '<': 'LESS',
};

export async function txn(request: EtcdctlCall): Promise<void> {
  const { io, args } = request;
  if (args.length !== 0) throw new EtcdctlError('txn command does not accept argument', 128);
  const [compares = [], success = [], failure = []] = blocksOf(await io.stdin());
  const body = { compare: compares.map(parseCompare), success: success.map(parseOp), failure: failure.map(parseOp) };
  const response = await call<TxnResponse>(request, EtcdPaths.txn, body);
  if (format(request) === 'json') return printJson(io, response);
  io.stdout(`${response.succeeded ? 'SUCCESS' : 'FAILURE'}\n`);
  for (const answer of response.responses) io.stdout(`\n${answerText(answer)}`);
}

function blocksOf(text: string): string[][] {
  const blocks: string[][] = [[]];
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '') blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks;
}

/** `mod("key") > "3"`. */
function parseCompare(line: string): Compare {
  const match = /^(\w+)\("((?:[^"\\]|\\.)*)"\)\s*(!=|[=<>])\s*"((?:[^"\\]|\\.)*)"$/.exec(line);
  const target = TARGETS[match?.[1] ?? ''];
  const result = RESULTS[match?.[3] ?? ''];
  if (match === null || result === undefined) throw new EtcdctlError(`malformed comparison: ${line}`, 128);
  if (target === undefined) throw new EtcdctlError(`malformed comparison: unknown target ${match[1] ?? ''}`, 128);
  const value = match[4] ?? '';
  const key = match[2] ?? '';
  if (target === 'VALUE' || target === 'LEASE') return { key, target, result, value };
  if (!/^-?\d+$/.test(value)) throw new EtcdctlError(`strconv.ParseInt: parsing "${value}": invalid syntax`, 128);
  return { key, target, result, value: Number(value) };
}

function parseOp(line: string): RequestOp {
  const [verb = '', ...rest] = words(line);
  const flags = rest.filter((word) => word.startsWith('--'));
  const [key, second] = rest.filter((word) => !word.startsWith('--'));
  if (key === undefined) throw new EtcdctlError(`invalid txn request (error: missing key): ${line}`, 128);
  const lease = flags.find((flag) => flag.startsWith('--lease='))?.slice('--lease='.length);
  const end = flags.includes('--prefix') ? prefixEnd(key) : flags.includes('--from-key') ? '\0' : second;
  const range = end === undefined ? { key } : { key, rangeEnd: end };
  switch (verb) {
    case 'put':
      return { put: { key, value: second ?? '', ...(lease === undefined ? {} : { lease }) } };
    case 'get':
      return { range };
    case 'del':
      return { deleteRange: range };
    default:
      throw new EtcdctlError(`invalid txn request (error: unknown command "${verb}"): ${line}`, 128);
  }
}

function answerText(answer: ResponseOp): string {
  if ('put' in answer) return 'OK\n';
  if ('deleteRange' in answer) return `${answer.deleteRange.deleted}\n`;
  if ('range' in answer) return answer.range.kvs.map((kv) => printKv(kv)).join('');
  return answer.txn.succeeded ? 'SUCCESS\n' : 'FAILURE\n';
}
