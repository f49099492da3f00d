/** Where everything on the map stands, in map units (CSS pixels at zoom 1). Depends on the topology alone: nothing ever moves by itself. */
export type Role =
  'laptop' | 'door' | 'etcd' | 'control-plane' | 'balancer' | 'worker' | 'internet' | 'registry' | 'cloud';

export interface MachineInfo {
  readonly name: string;
  readonly ip: string;
  readonly role: Role;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Place extends Box {
  readonly machine: MachineInfo;
  readonly row: number;
}

export interface Zone {
  readonly name: string;
  readonly x: number;
}

export interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  readonly zones: readonly Zone[];
  readonly width: number;
  readonly height: number;
  readonly lanes: Lanes;
  /** The machines with etcd from the top, along which Raft runs. */
  readonly column: readonly string[];
}

/** The trunks that links run along. */
export interface Lanes {
  /** Right of the laptop and the door, where there is one. */
  readonly you?: number;
  /** Between etcd's own machines and the control plane. */
  readonly etcd: number;
  /** Right of the control plane. */
  readonly control: number;
  /** Left of the workers. */
  readonly api: number;
  /** Right of the workers. */
  readonly data: number;
  /** Below everything. */
  readonly bottom: number;
  /** Above the balancer: control plane to workers without it. */
  readonly over: number;
  readonly middle: number;
}

export const CARD = {
  etcd: { width: 70, height: 96 },
  control: { width: 246, height: 96 },
  worker: { width: 219, height: 96 },
} as const;
const TOP = 24;
const STEP = 110;
const LEFT = 102;
/** What etcd's own machines move everything else to the right by. */
const ETCD_COLUMN = 98;
const COLUMN_GAP = 30;
/** The height at which a machine's links leave it: control on the left of a worker, data on its right. */
export const CONTROL_PORT = 35;
export const DATA_PORT = 64;
/** The etcd ring's centre, from the corner of its card. */
export const RING: Point = { x: 34, y: 48 };

export function layoutOf(machines: readonly MachineInfo[]): Layout {
  const controls = machines.filter((machine) => machine.role === 'control-plane');
  const workers = machines.filter((machine) => machine.role === 'worker');
  const etcd = machines.filter((machine) => machine.role === 'etcd');
  const rows = Math.max(3, controls.length, etcd.length, rowsFor(workers.length));
  const columns = Math.max(1, Math.ceil(workers.length / rows));
  const controlLeft = etcd.length === 0 ? LEFT : LEFT + ETCD_COLUMN;
  const workersLeft = controlLeft + 364;
  const right = workersLeft + columns * CARD.worker.width + (columns - 1) * COLUMN_GAP;
  const middle = TOP + CONTROL_PORT + ((rows - 1) * STEP) / 2;
  const bottom = TOP + rows * STEP - 4;
  const places = new Map<string, Place>();
  const put = (machine: MachineInfo, box: Box, row: number): void =>
    void places.set(machine.name, { machine, row, ...box });
  const top = (count: number): number => TOP + ((rows - Math.max(1, count)) * STEP) / 2;
  etcd.forEach((machine, row) => put(machine, { x: LEFT, y: top(etcd.length) + row * STEP, ...CARD.etcd }, row));
  controls.forEach((machine, row) =>
    put(machine, { x: controlLeft, y: top(controls.length) + row * STEP, ...CARD.control }, row),
  );
  workers.forEach((machine, i) => put(machine, workerBox(i, rows, workers.length, workersLeft), i % rows));
  const door = machines.some((machine) => machine.role === 'door');
  const sites: Readonly<Record<string, Box>> = {
    laptop: { x: 12, y: door ? middle - 74 : middle - 32, width: 74, height: 64 },
    door: { x: 12, y: middle + 10, width: 74, height: 64 },
    balancer: { x: controlLeft + 274, y: middle - 31, width: 56, height: 62 },
    internet: { x: right + 41, y: middle - 97, width: 58, height: 62 },
    cloud: { x: right + 41, y: middle - 18, width: 58, height: 62 },
    registry: { x: right + 41, y: middle + 35, width: 58, height: 62 },
  };
  const cloud = machines.some((machine) => machine.role === 'cloud');
  for (const machine of machines) {
    const box = sites[machine.role];
    if (box !== undefined) put(machine, cloud && machine.role === 'registry' ? { ...box, y: middle + 79 } : box, 0);
  }
  return {
    places,
    zones: [
      { name: 'you', x: 12 },
      ...(etcd.length === 0 ? [] : [{ name: 'etcd', x: LEFT }]),
      { name: 'control plane', x: controlLeft },
      { name: 'workers', x: workersLeft },
      { name: 'outside', x: right + 41 },
    ],
    width: right + 111,
    height: bottom + 16,
    lanes: {
      ...(door ? { you: 94 } : {}),
      etcd: controlLeft - 13,
      control: controlLeft + 260,
      api: controlLeft + 347,
      data: right + 19,
      bottom,
      over: middle - 43,
      middle,
    },
    column: (etcd.length === 0 ? controls : etcd).map((machine) => machine.name),
  };
}

/** The same with one machine lifted off its place. */
export function lifted(layout: Layout, { host, dx, dy }: { host: string; dx: number; dy: number }): Layout {
  const place = layout.places.get(host);
  if (place === undefined) return layout;
  const places = new Map(layout.places).set(host, { ...place, x: place.x + dx, y: place.y + dy });
  return { ...layout, places };
}

/** Tall enough for three, then as wide as a screen is. */
function rowsFor(workers: number): number {
  if (workers <= 3) return 3;
  return Math.ceil(Math.sqrt(workers * 1.4));
}

function workerBox(i: number, rows: number, count: number, left: number): Box {
  const column = Math.floor(i / rows);
  const inColumn = count <= rows ? count : rows;
  const lift = ((rows - inColumn) * STEP) / 2;
  return {
    x: left + column * (CARD.worker.width + COLUMN_GAP),
    y: TOP + lift + (i % rows) * STEP,
    ...CARD.worker,
  };
}
