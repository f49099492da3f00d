import { createRestClient } from '../../client/rest-client.ts';
import { serveHttp } from '../../sim/http-server.ts';
import type { Program } from '../../sim/env.ts';
import type { CacheEntry, KubeConfigFile, KubectlIo } from './io.ts';
import { kubectl } from './kubectl.ts';

/** What the replay asks for, one JSON text per command. */
export interface GoldenCommand {
  readonly argv: readonly string[];
  readonly stdin?: string;
}

export interface GoldenResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** Where the recorded server was. */
const RECORDED = 'https://127.0.0.1:16443';

/** Stands in the laptop's terminal: runs kubectl with its two outputs and its exit code kept apart. */
export const goldenRunner: Program = (env) => {
  const clientOf = (server: string): KubectlIo['client'] =>
    createRestClient(env, {
      servers: [server === RECORDED ? '10.0.0.10:6443' : server.replace(/^https:\/\//, '')],
      user: 'kubernetes-admin',
      groups: ['system:masters', 'system:authenticated'],
      userAgent: 'kubectl',
    });
  const cache = new Map<string, CacheEntry>();
  let file: KubeConfigFile = {
    currentContext: 'oracle',
    clusters: { oracle: { server: RECORDED } },
    contexts: { oracle: { cluster: 'oracle', user: 'admin' } },
    users: { admin: {} },
  };
  env.onInput((text) => {
    const { argv, stdin = '' } = JSON.parse(text) as GoldenCommand;
    let stdout = '';
    let stderr = '';
    env.spawn(async () => {
      const io: KubectlIo = {
        // What is cached is kept by server.
        connect: (server) => ({
          ...io,
          client: clientOf(server),
          server,
          cache: server === RECORDED ? cache : new Map(),
        }),
        client: clientOf(RECORDED),
        server: RECORDED,
        stdout: (part) => void (stdout += part),
        stderr: (part) => void (stderr += part),
        stdin: { readAll: () => Promise.resolve(stdin), listen: () => () => undefined, isTerminal: false },
        files: { read: () => undefined, list: () => undefined, write: () => undefined },
        config: () => ({ path: '/root/.kube/config', load: () => file, save: (next) => void (file = next) }),
        cache,
        now: () => env.now(),
        sleep: (delay) => env.sleep(delay),
        deferred: () => env.deferred(),
        pick: (bound) => env.random.below(bound),
        network: {
          listen: (address, handlers) => env.listen(address, handlers),
          serve: (address, handle, options) => serveHttp(env, address, handle, options),
        },
        edit: () => Promise.resolve(undefined),
        onInterrupt: () => () => undefined,
      };
      const exit = await kubectl(argv, io);
      env.print(JSON.stringify({ stdout, stderr, exit } satisfies GoldenResult));
    });
  });
};
