import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND, type Program, type Tables } from './env.ts';
import { createSim, type Sim } from './testing.ts';

describe('address translation', () => {
  const pod: Program = (env) => {
    env.listen('0.0.0.0:80', {
      accept: (c) => ({ message: () => c.send(`${env.name} saw ${c.remote.split(':')[0]}`) }),
    });
  };
  const node: Program = (env) => {
    for (const [name, ip] of Object.entries(env.args)) {
      if (name === 'tables') continue;
      env.net.addAddress(String(ip));
      env.exec({ program: 'pod', name, args: {}, ip: String(ip) });
    }
    env.onInput((text) => env.net.restore(JSON.parse(text)));
  };
  const caller: Program = (env) => {
    env.onInput((address) => {
      const connection = env.connect(
        address,
        {
          open: () => connection.send('hi'),
          message: (text) => env.print(`${text};`),
          close: (reason) => env.print(`${reason};`),
        },
        { connectTimeout: SECOND },
      );
    });
  };
  const dnat = (to: string, probability?: number) => ({
    match: { destination: '10.96.0.10', destinationPort: 80, ...(probability === undefined ? {} : { probability }) },
    target: { kind: 'dnat', to } as const,
  });
  const service: Tables = {
    nat: {
      OUTPUT: { policy: 'ACCEPT', rules: [{ target: { kind: 'jump', chain: 'SVC' } }] },
      PREROUTING: { policy: 'ACCEPT', rules: [{ target: { kind: 'jump', chain: 'SVC' } }] },
      SVC: {
        rules: [
          dnat('10.244.1.5:80', 0x40000000),
          dnat('10.244.2.5:80'),
          {
            match: { destinationLocal: true, destinationPort: 30_080 },
            target: { kind: 'mark', or: 0x4000 },
          },
          {
            match: { destinationLocal: true, destinationPort: 30_080 },
            target: { kind: 'dnat', to: '10.244.2.5:80' },
          },
        ],
      },
      POSTROUTING: {
        policy: 'ACCEPT',
        rules: [{ match: { mark: { value: 0x4000, mask: 0x4000 } }, target: { kind: 'masquerade' } }],
      },
    },
    filter: {
      OUTPUT: {
        policy: 'ACCEPT',
        rules: [
          { match: { destination: '10.96.0.11' }, target: { kind: 'reject', with: 'icmp-port-unreachable' } },
          { match: { destination: '10.96.0.12' }, target: { kind: 'drop' } },
        ],
      },
    },
  };

  async function nodes(tables: Tables = service): Promise<Sim> {
    const sim = createSim({
      hosts: [
        { name: 'n1', run: { node: { p1: '10.244.1.5' }, caller: {} } },
        { name: 'n2', run: { node: { p2: '10.244.2.5' } } },
        { name: 'outside', run: { caller: {} } },
      ],
      programs: { pod, node, caller },
    });
    await sim.runFor(10 * MILLISECOND);
    sim.input('n1/node', JSON.stringify(tables));
    await sim.runFor(10 * MILLISECOND);
    return sim;
  }

  test.each([
    ['n1/caller', '10.244.2.5:80', 'p2 saw 10.0.0.11;'],
    ['n1/caller', '10.96.0.11:80', 'refused;'],
    ['n1/caller', '10.96.0.12:80', 'timeout;'],
    ['n1/caller', '10.96.0.13:80', 'timeout;'],
    ['outside/caller', '10.96.0.10:80', 'timeout;'],
    ['outside/caller', '10.0.0.11:30080', 'p2 saw 10.0.0.11;'],
    ['outside/caller', '10.0.0.12:30080', 'refused;'],
  ])('%s calling %s: %s', async (from, address, expected) => {
    const sim = await nodes();
    sim.input(from, address);
    await sim.runFor(2 * SECOND);
    expect(sim.output(from)).toBe(expected);
  });

  test('a service spreads over its endpoints, the same way in every run', async () => {
    const answers = async (): Promise<string> => {
      const sim = await nodes();
      for (let i = 0; i < 20; i++) sim.input('n1/caller', '10.96.0.10:80');
      await sim.runFor(SECOND);
      return sim.output('n1/caller');
    };
    const first = await answers();
    expect(first.split('p1 saw').length).toBeGreaterThan(4);
    expect(first.split('p2 saw').length).toBeGreaterThan(4);
    expect(await answers()).toBe(first);
  });

  test('the path names the node that translates, and flushing its table breaks only new connections', async () => {
    const sim = await nodes();
    sim.input('outside/caller', '10.0.0.11:30080');
    await sim.runFor(100 * MILLISECOND);
    const open = sim.trace.filter((event) => event.kind === 'connection' && event.state === 'open');
    expect(open.at(-1)).toMatchObject({
      path: ['outside', 'n1', 'n2'],
      dialled: '10.0.0.11:30080',
      reached: '10.244.2.5:80',
    });
    sim.input('n1/node', JSON.stringify({ nat: {} }));
    await sim.runFor(MILLISECOND);
    sim.input('outside/caller', '10.0.0.11:30080');
    await sim.runFor(100 * MILLISECOND);
    expect(sim.output('outside/caller')).toBe('p2 saw 10.0.0.11;refused;');
  });
});
