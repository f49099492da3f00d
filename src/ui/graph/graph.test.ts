import { describe, expect, it } from 'vitest';
import { faults } from '../../sim/faults/index.ts';
import type { PodView } from '../stores/pods.ts';
import { createWorld } from '../stores/world.ts';
import { completeLine } from './complete.ts';
import { diffObjects } from './diff.ts';
import { cutsOf, FAULTS } from './fault-kinds.ts';
import { layoutOf, lifted, type MachineInfo } from './layout.ts';
import { podGrid } from './pod-grid.ts';
import { alongPath, cutPoint, roundedPath, routeOf, shareNear, wiresOf } from './routes.ts';
import { clock, duration, instant, thousands } from './time-text.ts';
import { scaleOf } from './timeline-lanes.ts';
import { manifestSchema } from './yaml-schema.ts';

function machines(controls: number, workers: number, etcd = 0): MachineInfo[] {
  const some = (count: number, prefix: string, role: MachineInfo['role']): MachineInfo[] =>
    Array.from({ length: count }, (_, i) => ({ name: `${prefix}-${i + 1}`, ip: '', role }));
  return [
    { name: 'laptop', ip: '', role: 'laptop' },
    { name: 'balancer', ip: '', role: 'balancer' },
    ...some(etcd, 'etcd', 'etcd'),
    ...some(controls, 'cp', 'control-plane'),
    ...some(workers, 'worker', 'worker'),
    { name: 'internet', ip: '', role: 'internet' },
    { name: 'registry', ip: '', role: 'registry' },
  ];
}

const door: MachineInfo = { name: 'door', ip: '', role: 'door' };

describe('the layout', () => {
  it('puts nothing on top of anything else, at every size', () => {
    for (const [controls, workers, etcd] of [
      [1, 0, 0],
      [3, 3, 0],
      [5, 2, 0],
      [3, 12, 0],
      [7, 100, 0],
      [1, 1_000, 0],
      [3, 3, 3],
      [1, 12, 5],
    ] as const) {
      for (const all of [machines(controls, workers, etcd), [...machines(controls, workers, etcd), door]]) {
        const boxes = [...layoutOf(all).places.values()];
        expect(boxes).toHaveLength(all.length);
        boxes.sort((a, b) => a.x - b.x);
        boxes.forEach((a, i) => {
          for (const b of boxes.slice(i + 1)) {
            if (b.x >= a.x + a.width) break;
            const apart = b.y >= a.y + a.height || a.y >= b.y + b.height;
            expect(apart, `${a.machine.name} and ${b.machine.name}`).toBe(true);
          }
        });
      }
    }
  });

  it.each([
    [0, []],
    [3, []],
    [0, [door]],
    [3, [door]],
  ])('has a way of right angles between any two machines, %i of them only for etcd, and %j', (etcd, more) => {
    const layout = layoutOf([...machines(3, 5, etcd), ...more]);
    const names = [...layout.places.keys()];
    for (const a of names)
      for (const b of names) {
        if (a === b) continue;
        const way = routeOf(layout, a, b, false) ?? [];
        expect(way.length, `${a} to ${b}`).toBeGreaterThan(1);
        way.forEach((point, i) => {
          const next = way[i + 1];
          if (next !== undefined) expect(point.x === next.x || point.y === next.y, `${a} to ${b}`).toBe(true);
        });
        expect(routeOf(layout, b, a, false)).toEqual([...way].reverse());
      }
  });

  it.each([0, 3])('marks a cut on the way that it cuts, %i machines being only for etcd', (etcd) => {
    const layout = layoutOf(machines(3, 3, etcd));
    for (const wire of wiresOf(layout)) {
      const point = cutPoint(layout, wire.a, wire.b);
      expect(point).toBeDefined();
      if (point === undefined) continue;
      const near = alongPath(wire.points, shareNear(wire.points, point));
      expect(Math.hypot(near.x - point.x, near.y - point.y), wire.id).toBeLessThan(8);
    }
  });

  it('leads to where a lifted machine is held', () => {
    const layout = layoutOf(machines(3, 3));
    const held = lifted(layout, { host: 'cp-2', dx: -40, dy: 25 });
    const before = routeOf(layout, 'cp-2', 'balancer', false)?.[0];
    const after = routeOf(held, 'cp-2', 'balancer', false)?.[0];
    expect(after).toEqual({ x: (before?.x ?? 0) - 40, y: (before?.y ?? 0) + 25 });
    expect(routeOf(held, 'cp-1', 'balancer', false)).toEqual(routeOf(layout, 'cp-1', 'balancer', false));
  });

  it('rounds corners', () => {
    expect(
      roundedPath([
        { x: 0, y: 0 },
        { x: 20, y: 0 },
        { x: 20, y: 20 },
      ]),
    ).toBe('M0 0L12 0Q20 0 20 8L20 20');
  });
});

describe('pods in a card', () => {
  const pods = (count: number, owners: number): PodView[] =>
    Array.from({ length: count }, (_, i) => ({
      uid: `u${i}`,
      key: '',
      name: '',
      namespace: 'default',
      node: 'w',
      owner: `owner-${i % owners}`,
      shape: 'running',
      createdAt: i,
      mirror: false,
    }));

  it('stay inside it, all of them', () => {
    for (const [count, owners] of [
      [1, 1],
      [6, 2],
      [30, 3],
      [110, 4],
      [250, 9],
    ] as const) {
      const grid = podGrid(pods(count, owners), 199, 36);
      expect(grid.squares.length + grid.more).toBe(count);
      expect(grid.more).toBe(0);
      for (const square of grid.squares) {
        expect(square.x + grid.size).toBeLessThanOrEqual(204);
        expect(square.y + grid.size).toBeLessThanOrEqual(36);
      }
    }
  });

  it('do not move when one more of the last owner comes', () => {
    const before = podGrid(pods(4, 1), 199, 36);
    const after = podGrid(pods(5, 1), 199, 36);
    expect(after.squares.slice(0, 4).map(({ x, y }) => [x, y])).toEqual(before.squares.map(({ x, y }) => [x, y]));
  });
});

describe('cuts', () => {
  const cut = (command: string): string[] =>
    cutsOf({ id: '1', command, text: '', targets: [], at: 0 }, ['a', 'b', 'c']).map(
      (one) => `${one.a}${one.oneWay ? '>' : '-'}${one.b}`,
    );
  it('are read as the fault is written', () => {
    expect(cut('partition a')).toEqual(['a-b', 'a-c']);
    expect(cut('partition a b')).toEqual(['a-c', 'b-c']);
    expect(cut('partition a | b')).toEqual(['a-b']);
    expect(cut('partition a->b c')).toEqual(['a>b', 'a>c']);
    expect(cut('partition --one-way a b')).toEqual(['a>b']);
    expect(cut('partition --one-way a')).toEqual(['a>b', 'a>c']);
    expect(cut('loss 10% a')).toEqual([]);
  });
});

describe('the faults', () => {
  // Power comes back by healing.
  const all = faults.map(({ name }) => name).filter((name) => name !== 'power-on');

  it('are all in the palette, each under a key of its own', () => {
    expect(FAULTS.map(({ name }) => name).sort()).toEqual([...all, 'one-way'].sort());
    const keys = FAULTS.map(({ key }) => key);
    expect(new Set([...keys, 'h', 'b', 'u']).size).toBe(keys.length + 3);
  });

  it('are all known to the completion', () => {
    const world = createWorld();
    for (const name of all) expect(completeLine(`fault ${name}`, world).choices, name).toContain(name);
  });
});

describe('differences', () => {
  const diff = (a: object | undefined, b: object | undefined): string[] =>
    diffObjects(a === undefined ? undefined : JSON.stringify(a), b === undefined ? undefined : JSON.stringify(b)).map(
      (line) => `${line.sign}${line.text}`,
    );
  it('show what a binding changes', () => {
    expect(
      diff(
        { spec: {}, status: { conditions: [] } },
        { spec: { nodeName: 'worker-3' }, status: { conditions: [{ type: 'PodScheduled', status: 'True' }] } },
      ),
    ).toEqual([' spec:', '+nodeName: worker-3', ' status.conditions:', '+- type: PodScheduled', '+  status: "True"']);
  });
  it('leave out bookkeeping and compare named items by name', () => {
    expect(
      diff(
        {
          metadata: { managedFields: [1] },
          c: [
            { name: 'a', v: 1 },
            { name: 'b', v: 1 },
          ],
        },
        {
          metadata: { managedFields: [2] },
          c: [
            { name: 'b', v: 2 },
            { name: 'a', v: 1 },
          ],
        },
      ),
    ).toEqual([' c[b]:', '-v: 1', '+v: 2']);
  });
});

describe('completion', () => {
  const world = createWorld();
  for (const name of ['web-1', 'web-2', 'redis'])
    world.objects.set(`/registry/pods/default/${name}`, {
      key: `/registry/pods/default/${name}`,
      value: '{}',
      revision: 1,
      createRevision: 1,
      version: 1,
      at: 0,
      createdAt: 0,
    });
  it('knows verbs, kinds and the names of what there is', () => {
    expect(completeLine('kube', world)).toEqual({ insert: 'ctl ', choices: ['kubectl'] });
    expect(completeLine('kubectl desc', world).insert).toBe('ribe ');
    expect(completeLine('kubectl get deploym', world).insert).toBe('ents ');
    expect(completeLine('kubectl get pods w', world)).toEqual({ insert: 'eb-', choices: ['web-1', 'web-2'] });
    expect(completeLine('kubectl logs -n default r', world).insert).toBe('edis ');
    expect(completeLine('kubectl get pods -n other w', world).choices).toEqual([]);
  });
});

describe('times', () => {
  it('are written as clocks', () => {
    expect(clock(134_350_000)).toBe('00:02:14.350');
    expect(instant(134_350_999)).toBe('2:14.350');
    expect(duration(3_667_000_000)).toBe('1:01:07');
    expect(thousands(1_284_000)).toBe('1,284,000');
  });
  it('the axis leaves room for what is to come', () => {
    expect(scaleOf(0).end).toBe(60_000_000);
    expect(scaleOf(134_000_000).end).toBe(180_000_000);
  });
});

describe("the editor's schema", () => {
  it('knows the fields of a Deployment and refuses others', () => {
    const text = JSON.stringify(manifestSchema());
    expect(text).toContain('"title":"Deployment"');
    const schema: {
      definitions: Record<string, { properties: object; additionalProperties: boolean; required: string[] }>;
    } = JSON.parse(text);
    expect(Object.keys(schema.definitions['DeploymentSpec']?.properties ?? {})).toContain('replicas');
    expect(schema.definitions['DeploymentSpec']?.required).toEqual(['selector', 'template']);
    expect(schema.definitions['PodSpec']?.additionalProperties).toBe(false);
  });
});
