import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND, type Program, type ProgramTable } from '../env.ts';
import { createHttpClient } from '../http-client.ts';
import { serveHttp } from '../http-server.ts';
import { RpcFailure } from '../http.ts';
import type { Input, InputAction } from '../session.ts';
import { createSim, type Sim, type SimHost } from '../testing.ts';
import { fakeWorkers } from './fake-worker.testing.ts';
import { createInThread } from './in-thread.ts';
import type { Placement } from './placement.ts';
import { createPool, createWorkers } from './workers.ts';

/** One suite for every placement: they must agree in everything that can be seen. */

const kept: Program = (env) => {
  const seen = env.disk.read('/seen') ?? '';
  env.print(`start ${seen.length}\n`);
  serveHttp(env, '0.0.0.0:80', (exchange) => {
    env.disk.append('/seen', 'x');
    env.disk.fsync(() => exchange.respond(200, `${env.host} ${env.random.below(1_000)}`));
  });
};

const asker: Program = (env) => {
  const clients = ['10.0.0.11:80', '10.0.0.12:80'].map((address) =>
    createHttpClient(env, address, { timeout: SECOND }),
  );
  const ask = async (): Promise<void> => {
    for (;;) {
      await Promise.all(
        clients.map(async (client) => {
          try {
            env.print(`${(await client.request({ method: 'GET', path: '/' })).body}\n`);
          } catch (error) {
            if (!(error instanceof RpcFailure)) throw error;
            env.print(`${error.reason} ${error.definite}\n`);
          }
        }),
      );
      await env.sleep(env.random.below(20) * MILLISECOND);
    }
  };
  env.spawn(ask);
};

const parent: Program = (env) => {
  const start = (): void => {
    env.exec(
      { program: 'flaky', name: 'child', args: { lives: env.random.below(500) * MILLISECOND }, ownWorker: true },
      {
        exit: ({ code, error }) => {
          env.print(`child ended ${code} ${error ?? ''}\n`);
          start();
        },
        output: (text) => env.print(text),
      },
    );
  };
  start();
};

const flaky: Program = (env) => {
  env.print('flaky is up\n');
  env.after(Number(env.args['lives']), () => {
    throw new Error('out of luck');
  });
};

const programs: ProgramTable = { kept, asker, parent, flaky };
const hosts: SimHost[] = [
  { name: 'a', init: [{ program: 'kept', name: 'kept', args: {}, ownWorker: true }] },
  { name: 'b', run: { kept: {} } },
  { name: 'c', run: { asker: {}, parent: {} } },
];

const script: readonly (readonly [number, InputAction])[] = [
  [300, { kind: 'fault', command: 'loss 20% a' }],
  [350, { kind: 'fault', command: 'duplicate 30% --one-way c' }],
  [400, { kind: 'fault', command: 'slow c/asker 3x' }],
  [450, { kind: 'fault', command: 'clock-skew b +100ms/s' }],
  [500, { kind: 'fault', command: 'power-off b' }],
  [900, { kind: 'fault', command: 'heal loss' }],
  [1_200, { kind: 'fault', command: 'kill a/kept' }],
  [1_900, { kind: 'fault', command: 'power-on b' }],
  [2_000, { kind: 'fault', command: 'pause c/asker' }],
  [2_300, { kind: 'fault', command: 'latency 3ms+-5ms a b | c' }],
  [2_600, { kind: 'fault', command: 'heal all' }],
];
const inputs: Input[] = script.map(([at, action]) => ({ ...action, at: at * MILLISECOND + 77 }));

interface Outcome {
  readonly hash: string;
  readonly output: string;
  readonly trace: string;
}

async function outcomeOf(sim: Sim): Promise<Outcome> {
  const output = ['a/kept', 'b/kept', 'c/asker', 'c/parent'].map((process) => sim.output(process)).join('--\n');
  return { hash: sim.hash(), output, trace: JSON.stringify(sim.trace) };
}

async function play(placement: Placement, list = inputs, seed = 7): Promise<Outcome> {
  const sim = createSim({ hosts, programs, seed, placement, inputs: list });
  await sim.runFor(4 * SECOND);
  const outcome = await outcomeOf(sim);
  placement.stop();
  return outcome;
}

const placements: readonly (readonly [string, () => Placement])[] = [
  ['in-thread', () => createInThread(programs)],
  ['workers', () => createWorkers({ create: fakeWorkers(programs) })],
  ['workers, two at once', () => createWorkers({ create: fakeWorkers(programs), parallel: 2 })],
  ['pool of 1', () => createPool({ create: fakeWorkers(programs), size: 1 })],
  ['pool of 2', () => createPool({ create: fakeWorkers(programs), size: 2 })],
];

describe.each(placements)('placement: %s', (_, make) => {
  test('gives the same run as in-thread: hash, output and trace', async () => {
    const expected = await play(createInThread(programs));
    expect(expected.output).toContain('timeout');
    expect(expected.output).toContain('reset');
    expect(expected.output).toContain('child ended 2 panic: out of luck');
    const outcome = await play(make());
    expect(outcome.output).toBe(expected.output);
    expect(outcome.hash).toBe(expected.hash);
    // Stacks of crashes are for the trace only and name the placement's own frames.
    expect(withoutStacks(outcome.trace)).toBe(withoutStacks(expected.trace));
  });

  test('does not depend on how the run is cut into windows', async () => {
    const expected = await play(createInThread(programs));
    const placement = make();
    const sim = createSim({ hosts, programs, seed: 7, placement, inputs });
    while (sim.now < 4 * SECOND) await sim.runFor(Math.min(4 * SECOND - sim.now, 1 + ((sim.now * 7) % 1_313)));
    expect(sim.hash()).toBe(expected.hash);
    placement.stop();
  });

  test('another seed or another input gives another run', async () => {
    const expected = await play(make());
    expect((await play(make(), inputs, 8)).hash).not.toBe(expected.hash);
    const moved = inputs.map((input, index) => (index === 3 ? { ...input, at: input.at + 1 } : input));
    expect((await play(make(), moved)).hash).not.toBe(expected.hash);
  });

  test('a terminated worker takes its processes with it, and the loss replays elsewhere', async () => {
    const placement = make();
    const sim = createSim({ hosts, programs, seed: 7, placement });
    await sim.runFor(SECOND);
    const [worker] = placement.workers().filter(({ groups }) => groups.includes('a/kept'));
    const groups = placement.terminate(worker?.worker ?? '');
    expect(groups).toContain('a/kept');
    sim.kernel.lose(
      groups.map((group) => ({ group, reason: 'terminated' })),
      sim.now,
    );
    await sim.runFor(500 * MILLISECOND);
    expect(sim.alive('a/kept')).toBe(false);
    await sim.runFor(SECOND);
    expect(sim.alive('a/kept')).toBe(true);
    const replayed = createSim({ hosts, programs, seed: 7, inputs: sim.kernel.inputs });
    await replayed.runUntil(sim.now);
    expect(replayed.hash()).toBe(sim.hash());
    placement.stop();
  });
});

function withoutStacks(trace: string): string {
  return trace.replace(/"reason":"Error: out of luck[^"]*"/g, '"reason":"…"');
}

test('a power-off ends exactly the workers of that machine', async () => {
  const placement = createWorkers({ create: fakeWorkers(programs) });
  const sim = createSim({ hosts, programs, placement });
  await sim.runFor(100 * MILLISECOND);
  const names = (): string[] =>
    placement
      .workers()
      .map(({ worker }) => worker)
      .sort();
  expect(names()).toEqual(['a/kept', 'b', 'c', 'c/child']);
  sim.fault('power-off c');
  await sim.runFor(MILLISECOND);
  expect(names()).toEqual(['a/kept', 'b']);
  sim.fault('power-on c');
  await sim.runFor(10 * MILLISECOND);
  expect(names()).toEqual(['a/kept', 'b', 'c', 'c/child']);
  placement.stop();
});

test('a worker that does not answer is lost at its deadline, and the run replays without it', async () => {
  const create = fakeWorkers(programs);
  let deaf = false;
  const placement = createWorkers({
    deadline: 30,
    create(worker, program) {
      const port = create(worker, program);
      return worker === 'b' ? { ...port, post: (text) => (deaf ? undefined : port.post(text)) } : port;
    },
  });
  const sim = createSim({ hosts, programs, placement });
  await sim.runFor(100 * MILLISECOND);
  deaf = true;
  await sim.runFor(400 * MILLISECOND);
  const [lost] = sim.kernel.inputs;
  expect(lost).toMatchObject({ kind: 'worker-lost', worker: 'b', reason: 'missed its deadline' });
  const replayed = createSim({ hosts, programs, inputs: sim.kernel.inputs });
  await replayed.runUntil(sim.now);
  expect(replayed.hash()).toBe(sim.hash());
  placement.stop();
});

test('a worker that is terminated before its turn in a window, or after it, is lost in a run that replays', async () => {
  for (let countdown = 1; countdown <= 24; countdown++) {
    const create = fakeWorkers(programs);
    let posts = 0;
    const placement = createWorkers({
      parallel: 1,
      create(worker, program) {
        const port = create(worker, program);
        const post = (text: string): void => {
          if (worker !== 'b' && ++posts === countdown) {
            const lost = placement.terminate('b').map((group) => ({ group, reason: 'terminated' }));
            sim.kernel.lose(lost, sim.kernel.horizon);
          }
          port.post(text);
        };
        return { ...port, post };
      },
    });
    const sim = createSim({ hosts, programs, placement });
    await sim.runFor(60 * MILLISECOND);
    const replayed = createSim({ hosts, programs, inputs: sim.kernel.inputs });
    await replayed.runUntil(sim.now);
    expect(replayed.hash()).toBe(sim.hash());
    placement.stop();
  }
});

test('a watched run leaves a processor to the picture: fewer workers have something to do at once, and nothing else changes', async () => {
  const atOnce: number[] = [];
  const hashes: string[] = [];
  for (const watched of [false, true]) {
    const create = fakeWorkers(programs);
    let asked = 0;
    let most = 0;
    const placement = createWorkers({
      parallel: 2,
      parallelWatched: 1,
      create(worker, program) {
        const port = create(worker, program);
        return {
          ...port,
          post(text) {
            most = Math.max(most, ++asked);
            port.post(text);
          },
          onMessage: (handler) =>
            port.onMessage((text) => {
              asked--;
              handler(text);
            }),
        };
      },
    });
    placement.paced?.(watched);
    const sim = createSim({ hosts, programs, placement });
    await sim.runFor(60 * MILLISECOND);
    atOnce.push(most);
    hashes.push(sim.hash());
    placement.stop();
  }
  expect(atOnce).toEqual([2, 1]);
  expect(hashes[1]).toBe(hashes[0]);
});

test('once stopped, no worker is made for those who still waited for their turn', () => {
  const create = fakeWorkers(programs);
  const made: string[] = [];
  const placement = createWorkers({
    parallel: 1,
    create(worker, program) {
      made.push(worker);
      return create(worker, program);
    },
  });
  const sim = createSim({ hosts, programs, placement });
  void sim.runFor(MILLISECOND);
  placement.stop();
  return new Promise<void>((resolve) => setTimeout(resolve, 20)).then(() => expect(made.length).toBe(1));
});

/** Asks for two things at once, each of which comes when it likes. */
const late =
  (first: number, second: number): Program =>
  (env) => {
    const fetched = async (name: string, after: number): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, after));
      if (after > 50) throw new Error('the file is gone');
      return name;
    };
    const use = async (name: string, after: number): Promise<void> => {
      const text = await env.load(() => fetched(name, after));
      env.print(`${text} at ${env.uptime()} ${env.random.below(1_000)};`);
    };
    env.after(MILLISECOND, () => {
      env.spawn(() => use('first', first));
      env.spawn(() => use('second', second));
    });
    env.after(MILLISECOND + 100, () => env.print(`later at ${env.uptime()};`));
  };

describe('what is loaded late', () => {
  const lateHosts: SimHost[] = [{ name: 'a', run: { late: {} } }];

  test.each(['in-thread', 'workers'])('takes no virtual time, whichever comes first: %s', async (name) => {
    const outcomes = [];
    for (const program of [late(0, 0), late(20, 1), late(1, 20)]) {
      const table = { late: program };
      const placement = name === 'in-thread' ? createInThread(table) : createWorkers({ create: fakeWorkers(table) });
      const sim = createSim({ hosts: lateHosts, programs: table, placement });
      await sim.runFor(10 * MILLISECOND);
      outcomes.push({ output: sim.output('a/late'), hash: sim.hash() });
      placement.stop();
    }
    expect(outcomes[0]?.output).toMatch(/^first at 1500 \d+;second at 1500 \d+;later at 1600;$/);
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });

  test('and cannot be had loses the worker, as an input of the run', async () => {
    const table = { late: late(60, 1) };
    const placement = createWorkers({ create: fakeWorkers(table) });
    const sim = createSim({ hosts: lateHosts, programs: table, placement });
    await sim.runFor(10 * MILLISECOND);
    expect(sim.kernel.inputs).toMatchObject([{ kind: 'worker-lost', reason: 'the file is gone' }]);
    placement.stop();
  });
});
