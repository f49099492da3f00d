import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND, type CloseReason, type Program } from './env.ts';
import { createSim, type Sim } from './testing.ts';

/** Says each message back and tells when a connection ends. */
const echo: Program = (env) => {
  env.listen('0.0.0.0:7', {
    accept: (connection) => ({
      message: (text) => {
        env.print(`${text};`);
        connection.send(`re ${text}`);
      },
      close: (reason) => env.print(`server ${reason} at ${env.uptime()};`),
    }),
  });
};

/** Sends a number every 100 ms and prints what comes back, and why it ended. */
const talker: Program = (env) => {
  let count = 0;
  const connection = env.connect(
    String(env.args['to'] ?? '10.0.0.11:7'),
    {
      open: () => env.print('open;'),
      message: (text) => env.print(`${text};`),
      close: (reason: CloseReason) => env.print(`${reason} at ${env.uptime()};`),
    },
    { connectTimeout: 5 * SECOND },
  );
  const send = (): void => {
    if (count < Number(env.args['messages'] ?? 3)) {
      connection.send(String(++count));
      env.after(100 * MILLISECOND, send);
    }
  };
  send();
};

function pair(args = {}, seed = 1): Sim {
  return createSim({
    seed,
    hosts: [
      { name: 'a', run: { echo: {} } },
      { name: 'b', run: { talker: args } },
    ],
    programs: { echo, talker },
  });
}

describe('connections', () => {
  test('carry messages in order, both ways', async () => {
    const sim = pair();
    await sim.runFor(SECOND);
    expect(sim.output('b/talker')).toBe('open;re 1;re 2;re 3;');
    expect(sim.output('a/echo')).toBe('1;2;3;');
  });

  test.each([
    ['nobody listens', '10.0.0.11:8', undefined, 'refused at 1500;'],
    ['nobody has the address', '10.0.0.77:7', undefined, 'timeout at 5000500;'],
    ['the machine is off', '10.0.0.11:7', 'power-off a', 'timeout at 5000500;'],
    ['the way is cut', '10.0.0.11:7', 'partition a | b', 'timeout at 5000500;'],
    ['the way back is cut', '10.0.0.11:7', 'partition a -> b', 'timeout at 5000500;'],
  ])('%s', async (_, to, command, expected) => {
    const sim = pair({ to });
    await sim.runFor(1);
    if (command !== undefined) sim.fault(command);
    await sim.runFor(10 * SECOND);
    expect(sim.output('b/talker')).toBe(expected);
  });

  test('loss delays messages but loses, doubles and reorders none', async () => {
    const sim = pair({ messages: 200 });
    sim.fault('loss 30% a | b');
    await sim.runFor(10 * SECOND);
    expect(sim.trace.some((event) => event.kind === 'drop' && event.why === 'loss')).toBe(true);
    sim.fault('heal loss');
    await sim.runFor(300 * SECOND);
    const answers = Array.from({ length: 200 }, (_, index) => `re ${index + 1};`).join('');
    expect(sim.output('b/talker')).toBe(`open;${answers}`);
  });

  test('a short cut is a stall: everything arrives late, in order', async () => {
    const sim = pair({ messages: 30 });
    await sim.runFor(SECOND);
    sim.fault('partition a | b');
    await sim.runFor(5 * SECOND);
    expect(sim.output('a/echo')).toBe(Array.from({ length: 10 }, (_, index) => `${index + 1};`).join(''));
    sim.fault('heal all');
    await sim.runFor(20 * SECOND);
    expect(sim.output('a/echo')).toBe(Array.from({ length: 30 }, (_, index) => `${index + 1};`).join(''));
  });

  test('retries of a stalled message back off from 200 ms, doubling', async () => {
    const sim = pair({ messages: 12 });
    await sim.runFor(50 * MILLISECOND);
    sim.fault('partition b -> a');
    await sim.runFor(7 * SECOND);
    const drops = sim.trace.filter((event) => event.kind === 'drop');
    const gaps = drops.slice(1).map((event, index) => event.at - (drops[index]?.at ?? 0));
    expect(gaps).toEqual([200, 400, 800, 1_600, 3_200].map((gap) => gap * MILLISECOND));
  });

  test('a long cut ends in a time-out on both sides, and nobody is told at once', async () => {
    const sim = pair();
    await sim.runFor(SECOND);
    sim.fault('partition b');
    await sim.runFor(10 * SECOND);
    expect(sim.output('b/talker')).toBe('open;re 1;re 2;re 3;');
    await sim.runFor(60 * SECOND);
    expect(sim.output('b/talker')).toMatch(/timeout at (\d+);$/);
    expect(sim.output('a/echo')).toMatch(/server timeout at (\d+);$/);
  });

  test.each([
    ['kill a/echo', /re 3;reset at 1000500;$/],
    ['power-off a', /re 3;timeout at \d{8};$/],
    ['pause a/echo', /re 3;timeout at \d{8};$/],
    ['pause a', /re 3;timeout at \d{8};$/],
  ])('the client of a server learns of `%s` in the right way', async (command, expected) => {
    const sim = pair();
    await sim.runFor(SECOND);
    sim.fault(command);
    await sim.runFor(80 * SECOND);
    expect(sim.output('b/talker')).toMatch(expected);
  });

  test('a machine that comes back answers old connections with a reset', async () => {
    const sim = pair({ messages: 100 });
    await sim.runFor(SECOND);
    sim.fault('power-off a');
    await sim.runFor(3 * SECOND);
    sim.fault('power-on a');
    await sim.runFor(10 * SECOND);
    expect(sim.output('b/talker')).toMatch(/reset at \d+;$/);
  });

  test('a client killed while it connects leaves no half-open server behind', async () => {
    const sim = pair();
    await sim.runFor(1_200);
    sim.fault('kill b/talker');
    await sim.runFor(500 * MILLISECOND);
    expect(sim.output('a/echo')).toMatch(/^server reset at \d+;$/);
    expect(sim.world.connections.size).toBe(0);
  });

  test('closed connections are forgotten', async () => {
    const sim = pair();
    await sim.runFor(SECOND);
    expect(sim.world.connections.size).toBe(1);
    sim.fault('partition a -> b');
    await sim.runFor(100 * SECOND);
    expect(sim.output('a/echo')).toMatch(/server timeout at \d+;$/);
    expect(sim.world.connections.size).toBe(0);
  });

  test('what is sent before a close or an exit arrives', async () => {
    const program: Program = (env) => {
      const connection = env.connect('10.0.0.11:7', {});
      connection.send('last words');
      if (env.args['exit'] === true) env.exit(0);
      else connection.close();
    };
    const run = { name: 'closer', program: 'closer', restartAfter: 100 * SECOND };
    const sim = createSim({
      hosts: [
        { name: 'a', run: { echo: {} } },
        { name: 'b', init: [{ ...run, args: { exit: false } }] },
      ],
      programs: { echo, closer: program },
    });
    await sim.runFor(SECOND);
    expect(sim.output('a/echo')).toMatch(/^last words;server closed at \d+;$/);
  });
});

describe('disks', () => {
  const writer: Program = (env) => {
    env.print(`found ${env.disk.read('/synced') ?? '-'} ${env.disk.read('/unsynced') ?? '-'};`);
    env.onInput((text) => {
      if (text === 'read') {
        env.print(`${env.disk.list('/').join()};`);
        return;
      }
      env.disk.write('/synced', text);
      env.disk.fsync(() => env.print(`synced at ${env.uptime()};`));
      env.disk.write('/unsynced', text);
    });
  };
  const one = (fsyncLatency = 2_000): Sim =>
    createSim({ hosts: [{ name: 'a', run: { writer: {} }, fsyncLatency }], programs: { writer } });

  test('a power-off loses what was not synced', async () => {
    const sim = one();
    sim.input('a/writer', 'early');
    await sim.runFor(100 * MILLISECOND);
    sim.input('a/writer', 'x');
    await sim.runFor(100 * MILLISECOND);
    sim.fault('power-off a');
    await sim.runFor(100 * MILLISECOND);
    sim.fault('power-on a');
    await sim.runFor(100 * MILLISECOND);
    expect(sim.output('a/writer')).toBe('found - -;synced at 102000;found x -;');
  });

  test('a power-off between a write and the end of its fsync loses exactly that write', async () => {
    const sim = one();
    await sim.runFor(10 * MILLISECOND);
    sim.input('a/writer', 'first');
    await sim.runFor(10 * MILLISECOND);
    sim.input('a/writer', 'second');
    await sim.runFor(1_900);
    sim.fault('power-off a');
    await sim.runFor(MILLISECOND);
    sim.fault('power-on a');
    await sim.runFor(10 * MILLISECOND);
    expect(sim.output('a/writer')).toMatch(/found first -;$/);
  });

  test('a kill keeps everything', async () => {
    const sim = one();
    await sim.runFor(10 * MILLISECOND);
    sim.input('a/writer', 'x');
    await sim.runFor(MILLISECOND);
    sim.fault('kill a/writer');
    await sim.runFor(2 * SECOND);
    expect(sim.output('a/writer')).toMatch(/found x x;$/);
  });

  test('a slow disk makes fsync slow, until it is healed', async () => {
    const sim = one();
    await sim.runFor(10 * MILLISECOND);
    sim.fault('slow-disk a 300ms');
    sim.input('a/writer', 'x');
    await sim.runFor(SECOND);
    sim.fault('heal slow-disk');
    sim.input('a/writer', 'y');
    await sim.runFor(SECOND);
    expect(sim.output('a/writer')).toBe('found - -;synced at 312000;synced at 1012000;');
  });
});

describe('processes', () => {
  test('a program that throws exits with 2 and its reason; its neighbours go on', async () => {
    const thrower: Program = (env) => env.after(SECOND, () => env.because(undefined, () => JSON.parse('{')));
    const init: Program = (env) => {
      const child = { program: 'thrower', name: 'child', args: {} };
      env.exec(child, { exit: ({ code, error }) => env.print(`${code} ${error ?? ''} at ${env.uptime()};`) });
    };
    const sim = createSim({ hosts: [{ name: 'a', run: { init: {} } }], programs: { init, thrower } });
    await sim.runFor(2 * SECOND);
    expect(sim.output('a/init')).toBe('2 panic: SyntaxError at 1002000;');
    expect(sim.alive('a/init')).toBe(true);
  });

  test('a rejected task crashes its process', async () => {
    const program: Program = (env) =>
      env.spawn(async () => {
        await env.sleep(SECOND);
        throw new Error('no way on');
      });
    const sim = createSim({ hosts: [{ name: 'a', run: { program: {} } }], programs: { program } });
    await sim.runFor(1_500 * MILLISECOND);
    expect(sim.alive('a/program')).toBe(false);
    const exits = sim.trace.filter((event) => event.kind === 'process' && event.state === 'exited');
    expect(exits).toMatchObject([{ code: 2, process: 'a/program' }]);
  });

  test('children outlive a killed parent and are adopted by its successor, with what it missed', async () => {
    const parent: Program = (env) => {
      for (const child of env.adopted) {
        env.print(`adopted ${child.name};`);
        child.on({ output: (text) => env.print(`<${text}>`), exit: ({ code }) => env.print(`exit ${code};`) });
      }
      if (env.adopted.length === 0) env.exec({ program: 'child', name: 'child', args: {} });
    };
    const child: Program = (env) => {
      env.onSignal((signal) => {
        env.print(signal);
        env.after(MILLISECOND, () => env.exit(3));
      });
    };
    const sim = createSim({ hosts: [{ name: 'a', run: { parent: {} } }], programs: { parent, child } });
    await sim.runFor(100 * MILLISECOND);
    sim.fault('kill a/parent');
    await sim.runFor(100 * MILLISECOND);
    sim.signal('a/child', 'SIGTERM');
    await sim.runFor(2 * SECOND);
    expect(sim.output('a/parent')).toBe('adopted child;<SIGTERM>exit 3;');
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGKILL', 137],
  ] as const)('an unhandled %s ends a process with %i', async (signal, code) => {
    const sim = createSim({ hosts: [{ name: 'a', run: { idle: {} } }], programs: { idle: () => undefined } });
    await sim.runFor(MILLISECOND);
    sim.signal('a/idle', signal);
    await sim.runFor(2 * MILLISECOND);
    expect(sim.trace.filter((event) => event.kind === 'process' && event.state === 'exited')).toMatchObject([{ code }]);
  });

  test('a paused process handles what came meanwhile later, in order', async () => {
    const ticker: Program = (env) => {
      const tick = (): void => {
        env.print(`${env.uptime() / MILLISECOND} `);
        env.after(100 * MILLISECOND, tick);
      };
      env.after(100 * MILLISECOND - 500, tick);
      env.onInput((text) => env.print(`${text} `));
    };
    const sim = createSim({ hosts: [{ name: 'a', run: { ticker: {} } }], programs: { ticker } });
    await sim.runFor(150 * MILLISECOND);
    sim.fault('pause a/ticker');
    sim.input('a/ticker', 'one');
    await sim.runFor(300 * MILLISECOND);
    sim.input('a/ticker', 'two');
    sim.fault('heal pause');
    await sim.runFor(160 * MILLISECOND);
    expect(sim.output('a/ticker')).toBe('100 one 450 two 550 ');
  });

  test('clock skew moves the wall clock, not the monotonic one', async () => {
    const clock: Program = (env) => env.onInput(() => env.print(`${env.now()} ${env.uptime()};`));
    const sim = createSim({ hosts: [{ name: 'a', run: { clock: {} } }], programs: { clock }, epoch: 0 });
    await sim.runFor(SECOND);
    sim.fault('clock-skew a +5s');
    sim.input('a/clock', '');
    await sim.runFor(SECOND);
    sim.fault('heal all');
    sim.input('a/clock', '');
    await sim.runFor(SECOND);
    expect(sim.output('a/clock')).toBe('6000000 1000000;2000000 2000000;');
  });
});

describe('causes', () => {
  test('travel with messages, timers and promises', async () => {
    const server: Program = (env) => {
      env.listen('0.0.0.0:7', { accept: (c) => ({ message: (text) => c.send(`${text} for ${env.cause() ?? '-'}`) }) });
    };
    const client: Program = (env) => {
      const waiting: ((text: string) => void)[] = [];
      const connection = env.connect('10.0.0.11:7', { message: (text) => waiting.shift()?.(text) });
      const ask = async (name: string): Promise<void> => {
        const { promise, resolve } = env.deferred<string>();
        waiting.push(resolve);
        connection.send(name);
        const answer = await promise;
        await Promise.resolve();
        env.print(`${name}: ${answer}, I am ${env.cause() ?? '-'};`);
      };
      env.because('x', () => env.spawn(() => ask('first')));
      env.because('y', () => env.after(SECOND, () => env.spawn(() => ask('second'))));
    };
    const sim = createSim({
      hosts: [
        { name: 'a', run: { server: {} } },
        { name: 'b', run: { client: {} } },
      ],
      programs: { server, client },
    });
    await sim.runFor(2 * SECOND);
    expect(sim.output('b/client')).toBe('first: first for x, I am x;second: second for y, I am y;');
  });

  test('tasks started under several causes in one event keep their own through awaits that nobody resolves', async () => {
    const program: Program = (env) => {
      const task = async (): Promise<void> => {
        await Promise.resolve();
        await Promise.resolve();
        env.print(`${env.cause() ?? '-'};`);
      };
      env.after(SECOND, () => {
        env.spawn(task);
        for (const cause of ['x', 'y']) env.because(cause, () => env.spawn(task));
      });
    };
    const sim = createSim({ hosts: [{ name: 'a', run: { program: {} } }], programs: { program } });
    await sim.runFor(2 * SECOND);
    expect(sim.output('a/program')).toBe('-;x;y;');
  });

  test('promises resolved in one event each continue under their own', async () => {
    const program: Program = (env) => {
      const one = env.because('one', () => env.deferred<undefined>());
      const two = env.because('two', () => env.deferred<undefined>());
      const wait = async (promise: Promise<undefined>): Promise<string> => {
        await promise;
        await Promise.resolve();
        return env.cause() ?? '-';
      };
      env.spawn(async () => env.print(await wait(one.promise)));
      env.spawn(async () => env.print(await wait(two.promise)));
      env.after(SECOND, () => {
        two.resolve(undefined);
        one.resolve(undefined);
      });
    };
    const sim = createSim({ hosts: [{ name: 'a', run: { program: {} } }], programs: { program } });
    await sim.runFor(2 * SECOND);
    expect(sim.output('a/program')).toBe('twoone');
  });
});
