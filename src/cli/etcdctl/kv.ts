// Keys: put, get, del. Models etcdctl/ctlv3/command/{put,get,del}_command.go
import {
  EtcdPaths,
  type DeleteRangeResponse,
  type KeyValue,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
} from '../../api/etcd.ts';
import type { EtcdctlCall } from './etcdctl.ts';
import { format, printJson } from './output.ts';
import { call, EtcdctlError } from './rpc.ts';

export function keyRange({ args, flags }: EtcdctlCall, command: string): { key: string; rangeEnd?: string } {
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

export async function get(request: EtcdctlCall): Promise<void> {
  const { io, flags } = request;
  const range: RangeRequest = {
    ...keyRange(request, 'get'),
    limit: flags.int('limit', 0),
    revision: flags.int('rev', 0),
    keysOnly: flags.bool('keys-only', false),
    countOnly: flags.bool('count-only', false),
    ...sortOf(request),
    serializable: flags.get('consistency') === 's',
  };
  const response = await call<RangeResponse>(request, EtcdPaths.range, range);
  if (format(request) === 'json') return printJson(io, response);
  if (range.countOnly === true) return io.stdout(`${response.count}\n`);
  const valueOnly = flags.bool('print-value-only', false);
  io.stdout(response.kvs.map((kv) => printKv(kv, valueOnly)).join(''));
}

const SORT_TARGETS: Readonly<Record<string, RangeRequest['sortTarget']>> = {
  CREATE: 'CREATE',
  KEY: 'KEY',
  MODIFY: 'MOD',
  VALUE: 'VALUE',
  VERSION: 'VERSION',
};

function sortOf({ flags }: EtcdctlCall): Pick<RangeRequest, 'sortOrder' | 'sortTarget'> {
  const order = (flags.get('order') ?? '').toUpperCase();
  const by = (flags.get('sort-by') ?? '').toUpperCase();
  const sortTarget = SORT_TARGETS[by];
  if (order !== '' && order !== 'ASCEND' && order !== 'DESCEND')
    throw new EtcdctlError(`bad sort order ${flags.get('order') ?? ''}`, 128);
  if (by !== '' && sortTarget === undefined)
    throw new EtcdctlError(`bad sort target ${flags.get('sort-by') ?? ''}`, 128);
  return {
    ...(order === '' ? {} : { sortOrder: order === 'ASCEND' ? 'ASCEND' : 'DESCEND' }),
    ...(sortTarget === undefined ? {} : { sortTarget }),
  };
}

export function printKv(kv: KeyValue, valueOnly = false): string {
  return valueOnly ? `${kv.value}\n` : `${kv.key}\n${kv.value}\n`;
}

export async function put(request: EtcdctlCall): Promise<void> {
  const [key, value] = request.args;
  const { flags } = request;
  const ignoreValue = flags.bool('ignore-value', false);
  if (key === undefined || (value === undefined && !ignoreValue))
    throw new EtcdctlError('put command needs 1 argument and input from stdin or 2 arguments', 128);
  if (ignoreValue && value !== undefined)
    throw new EtcdctlError("put command needs only 1 argument when 'ignore-value' is set", 128);
  const lease = flags.get('lease');
  const response = await call<PutResponse>(request, EtcdPaths.put, {
    key,
    value: value ?? '',
    ...(lease === undefined ? {} : { lease }),
    prevKv: flags.bool('prev-kv', false),
    ignoreValue,
    ignoreLease: flags.bool('ignore-lease', false),
  });
  if (format(request) === 'json') return printJson(request.io, response);
  request.io.stdout(`OK\n${response.prevKv === undefined ? '' : printKv(response.prevKv)}`);
}

export async function del(request: EtcdctlCall): Promise<void> {
  const response = await call<DeleteRangeResponse>(request, EtcdPaths.deleteRange, {
    ...keyRange(request, 'del'),
    prevKv: request.flags.bool('prev-kv', false),
  });
  if (format(request) === 'json') return printJson(request.io, response);
  request.io.stdout(`${response.deleted}\n${response.prevKvs.map((kv) => printKv(kv)).join('')}`);
}
