// Models etcdctl/ctlv3/command/watch_command.go
import { EtcdPaths, type WatchResponse } from '../../api/etcd.ts';
import type { EtcdctlCall } from './etcdctl.ts';
import { keyRange, printKv } from './kv.ts';
import { format, printJson } from './output.ts';
import { callAt, errorText, EtcdctlError } from './rpc.ts';

const PROPOSAL_KEY = 'health';

/** Until Ctrl-C, or until the server ends it. */
export async function watch(request: EtcdctlCall): Promise<void> {
  const { io, flags } = request;
  const range = keyRange(request, 'watch');
  const endpoint = request.endpoints[0];
  if (endpoint === undefined) throw new EtcdctlError('no endpoints available');
  const client = request.connect(endpoint);
  await callAt(client, EtcdPaths.range, { key: PROPOSAL_KEY, countOnly: true, serializable: true });
  const print = (data: string) => {
    const response: WatchResponse = JSON.parse(data);
    if (response.canceled === true) io.stderr(`watch was canceled (${cancelText(response)})\n`);
    for (const { type, kv, prevKv } of response.events) {
      if (format(request) === 'json') continue;
      io.stdout(
        `${type}\n${prevKv === undefined ? '' : printKv(prevKv)}${type === 'PUT' ? printKv(kv) : `${kv.key}\n\n`}`,
      );
    }
    if (format(request) === 'json' && response.events.length > 0) printJson(io, response);
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

function cancelText({ compactRevision, cancelReason }: WatchResponse): string {
  return compactRevision === undefined ? (cancelReason ?? '') : COMPACTED;
}

const COMPACTED = 'etcdserver: mvcc: required revision has been compacted';
