import { servedBy, type ServedKinds } from '../../api/golden-kinds.testing.ts';
import type { HttpStream } from '../../sim/http.ts';
import type { FakeClock } from '../../client/fake-clock.ts';
import type { Server } from './server.ts';
import type { FakeEtcd } from './storage/fake-etcd.testing.ts';
import { createFakeClock } from '../../client/fake-clock.ts';
import { MILLISECOND, SECOND } from '../../lib/time.ts';
import { startControllers } from './controllers/start.ts';
import { createServer } from './create-server.ts';
import { handleExchange } from './handle.ts';
import { parseOptions } from './options.ts';
import { createFakeEtcd } from './storage/fake-etcd.testing.ts';

/** JSON whose shape the test knows. */
export type Parsed = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON; the text itself when it is none. */
  readonly body: Parsed;
}

export interface WatchRun {
  readonly events: Parsed[];
  readonly ended: boolean;
  close(): void;
}

/** An apiserver over an etcd in memory and a clock of its own. */
export interface Harness {
  readonly clock: FakeClock;
  readonly etcd: FakeEtcd;
  readonly server: Server;
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  watch(path: string, headers?: Readonly<Record<string, string>>): Promise<WatchRun>;
  advance(time: number): Promise<void>;
}

export async function createHarness(
  over: { clock?: FakeClock; etcd?: FakeEtcd; controllers?: boolean; flags?: readonly string[] } = {},
): Promise<Harness> {
  const clock = over.clock ?? createFakeClock('kube-apiserver');
  const etcd = over.etcd ?? createFakeEtcd(clock.env);
  const server = createServer(clock.env, etcd, parseOptions(withFlags(clock.env, over.flags ?? [])), () => {
    throw new Error('no kubelets here');
  });
  if (over.controllers !== false) startControllers(server);
  const harness: Harness = {
    clock,
    etcd,
    server,
    advance: (time) => clock.advance(time),
    async call(method, path, body, headers = {}) {
      let answer: Answer | undefined;
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
      handleExchange(server, {
        request: {
          method,
          path,
          headers: { 'x-remote-user': 'kubernetes-admin', 'x-remote-group': 'system:masters', ...headers },
          body: text,
        },
        peer: '10.0.0.2:40000',
        respond(status, reply = '', replyHeaders = {}) {
          answer = { status, headers: replyHeaders, text: reply, body: parsed(reply) };
        },
        start: () => {
          throw new Error('a stream was not expected');
        },
        on: () => undefined,
      });
      for (let i = 0; i < 100_000 && answer === undefined; i++) {
        if (clock.crashed.length > 0) throw clock.crashed[0];
        await clock.advance(i < 1000 ? MILLISECOND : SECOND);
      }
      if (answer === undefined) throw new Error(`no answer to ${method} ${path}`);
      return answer;
    },
    async watch(path, headers = {}) {
      const events: unknown[] = [];
      let ended = false;
      let closed: (() => void) | undefined;
      const stream: HttpStream = {
        send: (data) => events.push(JSON.parse(data)),
        end: () => void (ended = true),
        cancel: () => void (ended = true),
      };
      handleExchange(server, {
        request: {
          method: 'GET',
          path,
          headers: { 'x-remote-user': 'kubernetes-admin', 'x-remote-group': 'system:masters', ...headers },
          body: '',
        },
        peer: '10.0.0.2:40000',
        respond(status, reply = '') {
          events.push({ status, body: parsed(reply) });
          ended = true;
        },
        start: () => stream,
        on: (handlers) => {
          closed = handlers.closed;
        },
      });
      await clock.advance(10 * MILLISECOND);
      if (clock.crashed.length > 0) throw clock.crashed[0];
      return {
        events,
        get ended() {
          return ended;
        },
        close: () => closed?.(),
      };
    },
  };
  await clock.advance(2 * SECOND);
  if (clock.crashed.length > 0) throw clock.crashed[0];
  return harness;
}

/** What it says in its discovery that it serves. */
export function servedByHarness(harness: Harness): Promise<ServedKinds> {
  return servedBy(async (path) => (await harness.call('GET', path)).text);
}

function withFlags(env: FakeClock['env'], argv: readonly string[]): FakeClock['env'] {
  return Object.create(env, { args: { value: { argv } } }) as FakeClock['env'];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
