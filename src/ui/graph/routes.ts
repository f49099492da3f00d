import { CONTROL_PORT, DATA_PORT, RING, type Layout, type Place, type Point } from './layout.ts';

/** The way between two machines: right angles, along the trunks. Place tells the protocol: Raft keeps to the etcd column. */
export function routeOf(layout: Layout, from: string, to: string, raft: boolean): readonly Point[] | undefined {
  const a = layout.places.get(from);
  const b = layout.places.get(to);
  if (a === undefined || b === undefined || a === b) return undefined;
  if (order(a) > order(b)) return [...route(layout, b, a, raft)].reverse();
  return route(layout, a, b, raft);
}

const ORDER = ['laptop', 'door', 'etcd', 'control-plane', 'balancer', 'worker', 'cloud', 'internet', 'registry'];

function order(place: Place): number {
  return ORDER.indexOf(place.machine.role);
}

function route(layout: Layout, a: Place, b: Place, raft: boolean): Point[] {
  const { lanes } = layout;
  const roles = `${kindOf(a)}${kindOf(b)}`;
  switch (roles) {
    case 'LB':
      return [...leave(layout, a), { x: centre(b), y: lanes.bottom }, { x: centre(b), y: b.y + b.height }];
    case 'LE':
      return [...leave(layout, a), { x: lanes.etcd, y: lanes.bottom }, ...fromTrunk(lanes.etcd, right(b))];
    case 'EE':
      return alongColumn(layout, a, b);
    case 'EC':
      return [...toTrunk(right(a), lanes.etcd), ...fromTrunk(lanes.etcd, { x: b.x, y: b.y + CONTROL_PORT })];
    case 'EB':
      return [
        ...toTrunk(right(a), lanes.etcd),
        { x: lanes.etcd, y: lanes.bottom },
        { x: centre(b), y: lanes.bottom },
        { x: centre(b), y: b.y + b.height },
      ];
    case 'EW':
      return [
        ...toTrunk(right(a), lanes.etcd),
        { x: lanes.etcd, y: lanes.bottom },
        { x: lanes.api, y: lanes.bottom },
        ...intoWorker(layout, b, lanes.bottom),
      ];
    case 'EO':
      return [...toTrunk(right(a), lanes.etcd), { x: lanes.etcd, y: lanes.bottom }, ...outside(layout, b)];
    case 'LC':
      return [...leave(layout, a), { x: lanes.control, y: lanes.bottom }, ...fromTrunk(lanes.control, right(b))];
    case 'LW':
      return [...leave(layout, a), { x: lanes.api, y: lanes.bottom }, ...intoWorker(layout, b, lanes.bottom)];
    case 'CB':
      return [...toTrunk(right(a), lanes.control), { x: lanes.control, y: lanes.middle }, { x: b.x, y: lanes.middle }];
    case 'BW':
      return [
        { x: a.x + a.width, y: lanes.middle },
        { x: lanes.api, y: lanes.middle },
        ...intoWorker(layout, b, lanes.middle),
      ];
    case 'CW':
      return [
        ...toTrunk(right(a), lanes.control),
        { x: lanes.control, y: lanes.over },
        { x: lanes.api, y: lanes.over },
        ...intoWorker(layout, b, lanes.over),
      ];
    case 'CC':
      return raft
        ? alongColumn(layout, a, b)
        : [...toTrunk(right(a), lanes.control), ...fromTrunk(lanes.control, right(b))];
    case 'WW':
      return [...outOfWorker(layout, a), ...[...outOfWorker(layout, b)].reverse()];
    case 'WO':
      return [...outOfWorker(layout, a), { x: lanes.data, y: middleOf(b) }, { x: b.x, y: middleOf(b) }];
    case 'OO':
      return [
        { x: a.x, y: middleOf(a) },
        { x: lanes.data, y: middleOf(a) },
        { x: lanes.data, y: middleOf(b) },
        { x: b.x, y: middleOf(b) },
      ];
    case 'CO':
      return [...toTrunk(right(a), lanes.control), { x: lanes.control, y: lanes.bottom }, ...outside(layout, b)];
    case 'LL':
      return [...leave(layout, a).slice(0, 2), ...leave(layout, b).slice(0, 2).reverse()];
    case 'LO':
      return [...leave(layout, a), ...outside(layout, b)];
    default:
      return [...leave(layout, a), ...outside(layout, b)];
  }
}

function kindOf(place: Place): string {
  switch (place.machine.role) {
    case 'laptop':
    case 'door':
      return 'L';
    case 'etcd':
      return 'E';
    case 'control-plane':
      return 'C';
    case 'balancer':
      return 'B';
    case 'worker':
      return 'W';
    default:
      return 'O';
  }
}

const centre = (place: Place): number => place.x + place.width / 2;
const middleOf = (place: Place): number => place.y + place.height / 2;
const right = (place: Place): Point => ({ x: place.x + place.width, y: place.y + CONTROL_PORT });

/** From the laptop or the door to the trunk at the bottom: straight down, or beside each other where there are both. */
function leave({ lanes }: Layout, place: Place): Point[] {
  const { you, bottom } = lanes;
  if (you === undefined)
    return [
      { x: centre(place), y: place.y + place.height },
      { x: centre(place), y: bottom },
    ];
  const y = middleOf(place);
  return [
    { x: place.x + place.width, y },
    { x: you, y },
    { x: you, y: bottom },
  ];
}

function toTrunk(port: Point, x: number): Point[] {
  return [port, { x, y: port.y }];
}

function fromTrunk(x: number, port: Point): Point[] {
  return [{ x, y: port.y }, port];
}

/** Workers of a second column are reached through the gap between two rows. */
function intoWorker(layout: Layout, place: Place, _from: number): Point[] {
  const y = place.y + CONTROL_PORT;
  if (place.x - layout.lanes.api < 40)
    return [
      { x: layout.lanes.api, y },
      { x: place.x, y },
    ];
  const gap = place.y - 7;
  const x = place.x - 11;
  return [
    { x: layout.lanes.api, y: gap },
    { x, y: gap },
    { x, y },
    { x: place.x, y },
  ];
}

function outOfWorker(layout: Layout, place: Place): Point[] {
  const y = place.y + DATA_PORT;
  const edge = place.x + place.width;
  if (layout.lanes.data - edge < 40)
    return [
      { x: edge, y },
      { x: layout.lanes.data, y },
    ];
  const gap = place.y + place.height + 7;
  const x = edge + 11;
  return [
    { x: edge, y },
    { x, y },
    { x, y: gap },
    { x: layout.lanes.data, y: gap },
  ];
}

function outside(layout: Layout, place: Place): Point[] {
  const { bottom, data } = layout.lanes;
  return [
    { x: data, y: bottom },
    { x: data, y: middleOf(place) },
    { x: place.x, y: middleOf(place) },
  ];
}

/** Neighbours straight from ring to ring; the others pass beside the rings between them. */
function alongColumn(layout: Layout, a: Place, b: Place): Point[] {
  const [top, low] = a.y < b.y ? [a, b] : [b, a];
  const near = Math.abs(layout.column.indexOf(a.machine.name) - layout.column.indexOf(b.machine.name)) === 1;
  const ringOf = (place: Place): Point => ({ x: place.x + RING.x, y: place.y + RING.y });
  const t = ringOf(top);
  const l = ringOf(low);
  const points = near
    ? [
        { x: t.x, y: t.y + 22 },
        { x: l.x, y: l.y - 22 },
      ]
    : [
        { x: t.x - 22, y: t.y },
        { x: t.x - 26, y: t.y },
        { x: t.x - 26, y: l.y },
        { x: l.x - 22, y: l.y },
      ];
  return a === top ? points : points.reverse();
}

export interface Wire {
  readonly id: string;
  /** The two machines that a fault on this wire comes between. */
  readonly a: string;
  readonly b: string;
  readonly points: readonly Point[];
  readonly raft: boolean;
}

/** The hairlines that are always drawn: what is next to what. */
export function wiresOf(layout: Layout): Wire[] {
  const byRole = (role: string): Place[] => [...layout.places.values()].filter((place) => place.machine.role === role);
  const wires: Wire[] = [];
  const add = (a: Place | undefined, b: Place | undefined, raft = false): void => {
    if (a === undefined || b === undefined) return;
    const points = routeOf(layout, a.machine.name, b.machine.name, raft);
    if (points !== undefined)
      wires.push({ id: `${a.machine.name}|${b.machine.name}`, a: a.machine.name, b: b.machine.name, points, raft });
  };
  const [balancer] = byRole('balancer');
  const controls = byRole('control-plane');
  const outside = [...byRole('internet'), ...byRole('cloud'), ...byRole('registry')];
  for (const client of [...byRole('laptop'), ...byRole('door')]) add(client, balancer);
  for (const control of controls) add(control, balancer);
  for (const worker of byRole('worker')) add(balancer, worker);
  for (const worker of byRole('worker')) for (const site of outside) add(worker, site);
  for (const member of byRole('etcd')) for (const control of controls) add(member, control);
  const column = layout.column.map((name) => layout.places.get(name));
  column.forEach((a, i) => column.slice(i + 1).forEach((b) => add(a, b, true)));
  return wires;
}

/** The place on the way between two machines where a cut is drawn: beside the one that shares least. */
export function cutPoint(layout: Layout, a: string, b: string): Point | undefined {
  const one = layout.places.get(a);
  const other = layout.places.get(b);
  if (one === undefined || other === undefined) return undefined;
  const [left, far] = order(one) <= order(other) ? [one, other] : [other, one];
  const points = routeOf(layout, left.machine.name, far.machine.name, layout.column.includes(left.machine.name));
  if (points === undefined) return undefined;
  const roles = `${kindOf(left)}${kindOf(far)}`;
  if (roles === 'BW' || roles === 'CW' || roles === 'LW') return { x: far.x - 7, y: far.y + CONTROL_PORT };
  if (roles === 'CB' || roles === 'CO' || roles === 'EC')
    return { x: left.x + left.width + 7, y: left.y + CONTROL_PORT };
  if (roles === 'WO' || roles === 'WW') return { x: left.x + left.width + 6, y: left.y + DATA_PORT };
  return alongPath(points, 0.5);
}

export function pathLength(points: readonly Point[]): number {
  let length = 0;
  for (let i = 1; i < points.length; i++) length += segment(points, i);
  return length;
}

function segment(points: readonly Point[], i: number): number {
  const a = points[i - 1];
  const b = points[i];
  return a === undefined || b === undefined ? 0 : Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
}

export function alongPath(points: readonly Point[], share: number): Point {
  let left = pathLength(points) * Math.min(1, Math.max(0, share));
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1];
    const b = points[i];
    const length = segment(points, i);
    if (a === undefined || b === undefined) break;
    if (left <= length || i === points.length - 1) {
      const t = length === 0 ? 0 : Math.min(1, left / length);
      return { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t };
    }
    left -= length;
  }
  return points[0] ?? { x: 0, y: 0 };
}

/** The share of a path that is nearest to a point. */
export function shareNear(points: readonly Point[], near: Point): number {
  const whole = pathLength(points);
  if (whole === 0) return 0;
  let best = 0;
  let bestDistance = Infinity;
  let before = 0;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1];
    const b = points[i];
    if (a === undefined || b === undefined) continue;
    const length = segment(points, i);
    const t =
      length === 0
        ? 0
        : Math.min(1, Math.max(0, ((near.x - a.x) * (b.x - a.x) + (near.y - a.y) * (b.y - a.y)) / (length * length)));
    const distance = Math.hypot(a.x + (b.x - a.x) * t - near.x, a.y + (b.y - a.y) * t - near.y);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = (before + t * length) / whole;
    }
    before += length;
  }
  return best;
}

/** An SVG path with the corners of a polyline rounded. */
export function roundedPath(points: readonly Point[], radius = 8): string {
  const parts: string[] = [];
  points.forEach((point, i) => {
    const before = points[i - 1];
    const after = points[i + 1];
    if (before === undefined || after === undefined) {
      parts.push(`${i === 0 ? 'M' : 'L'}${point.x} ${point.y}`);
      return;
    }
    const r = Math.min(
      radius,
      Math.hypot(point.x - before.x, point.y - before.y) / 2,
      Math.hypot(after.x - point.x, after.y - point.y) / 2,
    );
    const a = towards(point, before, r);
    const b = towards(point, after, r);
    parts.push(`L${a.x} ${a.y}Q${point.x} ${point.y} ${b.x} ${b.y}`);
  });
  return parts.join('');
}

function towards(from: Point, to: Point, by: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return from;
  return { x: from.x + ((to.x - from.x) * by) / length, y: from.y + ((to.y - from.y) * by) / length };
}
