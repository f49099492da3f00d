// An etcd cluster on simulated machines and a client, for tests.
import type { RequestOp } from '../../../api/etcd.ts';
import { EtcdPaths } from '../../../api/etcd.ts';
import type { JsonObject, Micros, Program } from '../../../sim/env.ts';
import { MILLISECOND, SECOND } from '../../../sim/env.ts';
import { createHttpClient } from '../../../sim/http-client.ts';
import { RpcFailure } from '../../../sim/http.ts';
import { createSim } from '../../../sim/testing.ts';
import type { Sim } from '../../../sim/testing.ts';
import { etcd } from './etcd.ts';

const CLIENT = 'client/client';

/** Sends what it is told to, and prints each answer on a line of its own: `<tag> <status> <body>`. */
const client: Program = (env) => {
  env.onInput((text) => {
    const { tag, address, path, body, method, headers = {} } = JSON.parse(text) as Order;
    const http = createHttpClient(env, address, { protocol: 'etcd', timeout: 20 * SECOND });
    if (path === EtcdPaths.watch) {
      const stream = http.stream(
        { method: 'POST', path, headers },
        {
          data: (data) => env.print(`${tag} 200 ${data}\n`),
          end: () => env.print(`${tag} 0 end\n`),
          fail: ({ reason }) => env.print(`${tag} 0 ${reason}\n`),
        },
      );
      for (const part of body.split('\n')) stream.send(part);
      return;
    }
    env.spawn(async () => {
      try {
        const response = await http.request({ method, path, body });
        env.print(`${tag} ${response.status} ${response.body}\n`);
      } catch (error) {
        if (!(error instanceof RpcFailure)) throw error;
        env.print(`${tag} 0 ${error.reason}\n`);
      }
      http.close();
    });
  });
};

interface Order {
  readonly tag: string;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface TestClusterOptions {
  readonly seed?: number;
  readonly members?: number;
  readonly args?: JsonObject;
  readonly fsyncLatency?: Micros;
  /** Programs `worker-0`, … on a machine `workers`. */
  readonly workers?: readonly Program[];
}

export class TestCluster {
  readonly sim: Sim;
  readonly names: readonly string[];
  private tags = 0;

  constructor({
    seed = 1,
    members = 3,
    args = {},
    fsyncLatency = 2 * MILLISECOND,
    workers = [],
  }: TestClusterOptions = {}) {
    this.names = Array.from({ length: members }, (_, at) => `cp-${at + 1}`);
    const ipOf = (name: string): string => `10.0.0.${10 + Number(name.slice(3))}`;
    const peers = this.names.map((name) => `${name}=https://${ipOf(name)}:2380`).join(',');
    this.sim = createSim({
      seed,
      programs: { etcd, client, ...Object.fromEntries(workers.map((program, at) => [`worker-${at}`, program])) },
      hosts: [
        ...this.names.map((name) => {
          const flags = {
            name,
            'data-dir': '/var/lib/etcd',
            'initial-cluster': peers,
            'listen-peer-urls': `https://${ipOf(name)}:2380`,
            'listen-client-urls': `https://127.0.0.1:2379,https://${ipOf(name)}:2379`,
            'advertise-client-urls': `https://${ipOf(name)}:2379`,
            ...args,
          };
          return { name, ip: ipOf(name), fsyncLatency, run: { etcd: flags } };
        }),
        { name: 'client', ip: '10.0.0.2', run: { client: {} } },
        {
          name: 'workers',
          ip: '10.0.0.3',
          init: workers.map((_, at) => ({ program: `worker-${at}`, name: `worker-${at}`, args: {} })),
        },
      ],
    });
  }

  /** Until one member leads and another follows it. */
  async elect(): Promise<string> {
    await this.sim.runUntilTrue(() => this.leader() !== undefined, 20 * SECOND);
    const leader = this.leader();
    if (leader === undefined) throw new Error('no leader');
    return leader;
  }

  /** The living member whose claim to lead has the highest term. */
  leader(): string | undefined {
    const last = new Map<string, { readonly role: string; readonly term: number }>();
    for (const { member, role, term } of this.sim.notes('raft.role')) last.set(member, { role, term });
    const leaders = [...last].filter(([name, { role }]) => role === 'leader' && this.sim.alive(`${name}/etcd`));
    return leaders.sort(([, a], [, b]) => b.term - a.term)[0]?.[0];
  }

  followers(): string[] {
    return this.names.filter((name) => name !== this.leader());
  }

  /** Sends now; the answer comes while the simulation runs. */
  ask(member: string, path: string, body: object = {}, method = 'POST'): () => Answer | undefined {
    const tag = `#${++this.tags}`;
    this.order({
      tag,
      address: `10.0.0.${10 + Number(member.slice(3))}:2379`,
      method,
      path,
      body: method === 'GET' ? '' : JSON.stringify(body),
    });
    return () => this.answers(tag)[0];
  }

  async call(member: string, path: string, body: object = {}, method = 'POST'): Promise<Answer> {
    const answer = this.ask(member, path, body, method);
    await this.sim.runUntilTrue(() => answer() !== undefined, 30 * SECOND);
    return answer() ?? { status: -1, body: 'no answer' };
  }

  async json(member: string, path: string, body: object = {}): Promise<Record<string, unknown>> {
    const { status, body: text } = await this.call(member, path, body);
    if (status !== 200) throw new Error(text);
    return JSON.parse(text) as Record<string, unknown>;
  }

  put(member: string, key: string, value: string): Promise<Answer> {
    return this.call(member, EtcdPaths.put, { key, value });
  }

  async get(member: string, key: string, serializable = false): Promise<string | undefined> {
    const { status, body } = await this.call(member, EtcdPaths.range, { key, serializable });
    if (status !== 200) return `${status} ${body}`;
    const { kvs } = JSON.parse(body) as { kvs: { value: string }[] };
    return kvs[0]?.value;
  }

  txn(member: string, ...success: RequestOp[]): Promise<Answer> {
    return this.call(member, EtcdPaths.txn, { compare: [], success, failure: [] });
  }

  /** Sends these requests on one watch stream; all that came so far is read by the result. */
  watch(member: string, ...requests: object[]): () => Answer[] {
    return this.watchWith(member, {}, ...requests);
  }

  watchWith(member: string, headers: Readonly<Record<string, string>>, ...requests: object[]): () => Answer[] {
    const tag = `#${++this.tags}`;
    const body = requests.map((request) => JSON.stringify(request)).join('\n');
    this.order({
      tag,
      address: `10.0.0.${10 + Number(member.slice(3))}:2379`,
      method: 'POST',
      path: EtcdPaths.watch,
      headers,
      body,
    });
    return () => this.answers(tag);
  }

  private order(order: Order): void {
    this.sim.input(CLIENT, JSON.stringify(order));
  }

  private answers(tag: string): Answer[] {
    return this.sim
      .output(CLIENT)
      .split('\n')
      .filter((line) => line.startsWith(`${tag} `))
      .map((line) => {
        const [, status = '0', ...body] = line.split(' ');
        return { status: Number(status), body: body.join(' ') };
      });
  }
}
