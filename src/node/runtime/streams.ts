import type { ExecRequest, ExecSyncRequest, ExecSyncResponse } from '../../api/cri.ts';
import type { Status } from '../../api/types.gen.ts';
import { SECOND, type Env } from '../../sim/env.ts';
import type { Exchange, HttpStream } from '../../sim/http.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { containerSocket, END_OF_INPUT, type ExecBody, type ExecResult } from './container/container.ts';
import type { Containers } from './containers.ts';
import { CriFailure } from './cri-error.ts';
import type { Sandboxes } from './sandboxes.ts';

interface RunningExec {
  readonly input: HttpStream;
  cancel(): void;
}

/** Runs a command in a container through the container's own socket. */
function exec(
  env: Env,
  id: string,
  body: ExecBody,
  on: { output(text: string, channel: number): void; done(result: ExecResult): void; broken(): void },
): RunningExec {
  const client = createHttpClient(env, containerSocket(id), { protocol: 'cri' });
  let result: ExecResult | undefined;
  const input = client.stream(
    { method: 'POST', path: '/exec', body: JSON.stringify(body) },
    {
      data: (data, channel) => {
        if (channel === 3) result = parseResult(data);
        else on.output(data, channel);
      },
      end: () => {
        client.close();
        if (result === undefined) on.broken();
        else on.done(result);
      },
      fail: () => {
        client.close();
        on.broken();
      },
    },
  );
  return {
    input,
    cancel: () => {
      input.cancel();
      client.close();
    },
  };
}

function runningId(containers: Containers, containerId: string): string {
  const record = containers.must(containerId);
  if (!containers.running(record.id)) {
    throw new CriFailure('Unknown', `container is in ${record.state} state`);
  }
  return record.id;
}

const OCI_EXEC = (id: string, problem: string): string =>
  `failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: ${problem}: unknown`;

/** Only images with a program of Kubarium's shell can run other commands. */
function missingShell(containers: Containers, id: string): boolean {
  return containers.child(id)?.args['argv'] !== undefined && containers.child(id)?.args['root'] === undefined;
}

export async function execSync(
  env: Env,
  containers: Containers,
  { containerId, cmd, timeout }: ExecSyncRequest,
): Promise<ExecSyncResponse> {
  const id = runningId(containers, containerId);
  const execId = env.random.hex(64);
  if (missingShell(containers, id))
    throw new CriFailure('Unknown', OCI_EXEC(execId, `exec: "${cmd[0] ?? ''}": executable file not found in $PATH`));
  const done = env.deferred<ExecSyncResponse>();
  let stdout = '';
  let stderr = '';
  const running = exec(
    env,
    id,
    { argv: cmd, tty: false, stdin: false },
    {
      output: (text, channel) => {
        if (channel === 2) stderr += text;
        else stdout += text;
      },
      done: (result) => {
        if ('notFound' in result) done.reject(new CriFailure('Unknown', OCI_EXEC(execId, result.notFound)));
        else done.resolve({ stdout, stderr, exitCode: result.code });
      },
      broken: () => done.resolve({ stdout, stderr, exitCode: 137 }),
    },
  );
  const cancel =
    timeout === 0
      ? undefined
      : env.after(timeout * SECOND, () => {
          running.cancel();
          done.reject(
            new CriFailure(
              'DeadlineExceeded',
              `failed to exec in container: timeout ${timeout}s exceeded: context deadline exceeded`,
            ),
          );
        });
  try {
    return await done.promise;
  } finally {
    cancel?.();
  }
}

/** `kubectl exec`: the streams of the caller joined with those of the command; channel 3 ends with a Status. */
export function execStream(env: Env, containers: Containers, exchange: Exchange, request: ExecRequest): void {
  const id = runningId(containers, request.containerId);
  const stream = exchange.start(200);
  const finish = (status: Status): void => {
    stream.send(JSON.stringify(status), 3);
    stream.end();
  };
  const execId = env.random.hex(64);
  if (missingShell(containers, id))
    return finish(
      internalError(OCI_EXEC(execId, `exec: "${request.cmd[0] ?? ''}": executable file not found in $PATH`)),
    );
  const running = exec(
    env,
    id,
    { argv: request.cmd, tty: request.tty, stdin: request.stdin },
    {
      output: (text, channel) => {
        if (channel === 2 ? request.stderr : request.stdout) stream.send(text, channel);
      },
      done: (result) =>
        finish('notFound' in result ? internalError(OCI_EXEC(execId, result.notFound)) : exitStatus(result.code)),
      broken: () => finish(exitStatus(137)),
    },
  );
  exchange.on({
    data: (data, channel) => running.input.send(data, channel),
    end: () => running.input.end(),
    closed: () => running.cancel(),
  });
}

export function attachStream(containers: Containers, exchange: Exchange, request: ExecRequest): void {
  const id = runningId(containers, request.containerId);
  const stream = exchange.start(200);
  const stopOutput = containers.onOutput(id, (text, from) => {
    if (from === 'stderr' ? request.stderr : request.stdout) stream.send(text, from === 'stderr' ? 2 : 1);
  });
  const stopExit = containers.onExit(id, () => {
    stream.send(JSON.stringify({ metadata: {}, status: 'Success' }), 3);
    stream.end();
  });
  const child = containers.child(id);
  exchange.on({
    data: (data, channel) => {
      if (channel === 0 && request.stdin) child?.input(data);
    },
    end: () => {
      if (request.stdin) child?.input(END_OF_INPUT);
    },
    closed: () => {
      stopOutput();
      stopExit();
    },
  });
}

/** One connection into a pod: bytes both ways on channel 0 up and 1 down; what fails is said on channel 2. */
export function portForward(
  env: Env,
  sandboxes: Sandboxes,
  exchange: Exchange,
  { podSandboxId, port }: { readonly podSandboxId: string; readonly port: number },
): void {
  const sandbox = sandboxes.must(podSandboxId);
  const stream = exchange.start(200);
  const waiting: string[] = [];
  let open = false;
  const connection = env.connect(
    `${sandbox.ip}:${port}`,
    {
      open: () => {
        open = true;
        for (const data of waiting.splice(0)) connection.send(data);
      },
      message: (payload) => stream.send(payload, 1),
      close: () => {
        if (!open)
          stream.send(
            `failed to execute portforward in network namespace "/var/run/netns/cni-${sandbox.id.slice(0, 8)}": failed to connect to localhost:${port} inside namespace "${sandbox.id}", IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused`,
            2,
          );
        stream.end();
      },
    },
    { protocol: 'pod' },
  );
  exchange.on({
    data: (data) => {
      if (open) connection.send(data);
      else waiting.push(data);
    },
    end: () => connection.close(),
    closed: () => connection.close(),
  });
}

function exitStatus(code: number): Status {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

function internalError(message: string): Status {
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: error executing command in container: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message: `error executing command in container: ${message}` }] },
    code: 500,
  };
}

function parseResult(text: string): ExecResult {
  return JSON.parse(text) as ExecResult;
}
