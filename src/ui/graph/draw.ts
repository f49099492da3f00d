import type { Model } from '../stores/trace-store.ts';
import { timerShare } from '../stores/leaders.ts';
import type { Flight, Hue } from './flights.ts';
import { RING, type Layout, type Point } from './layout.ts';
import { alongPath, cutPoint, routeOf, shareNear } from './routes.ts';

/** The canvas's colours: the same custom properties as everything else's, read once per theme. */
export interface Ink {
  readonly fill: Readonly<Record<Hue, string>>;
  readonly edge: Readonly<Record<Hue, string>>;
  readonly raised: string;
  readonly fault: string;
  readonly ink: string;
}

const HUES: readonly Hue[] = ['raft', 'api', 'watch', 'kubelet', 'pod', 'dns', 'cloud'];

export function readInk(element: Element): Ink {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const all = (suffix: string): Record<Hue, string> => {
    const found: Record<Hue, string> = { raft: '', api: '', watch: '', kubelet: '', pod: '', dns: '', cloud: '' };
    for (const hue of HUES) found[hue] = token(`${hue}${suffix}`);
    return found;
  };
  return {
    fill: all(''),
    edge: all('-edge'),
    raised: token('raised'),
    fault: token('fault-mark'),
    ink: token('ink-2'),
  };
}

export interface Scene {
  readonly layout: Layout;
  readonly model: Model;
  readonly ink: Ink;
  /** Wall milliseconds. */
  readonly wall: number;
  readonly running: boolean;
  readonly faded: boolean;
  readonly reduced: boolean;
}

export function drawScene(context: CanvasRenderingContext2D, scene: Scene): void {
  const { flights } = scene.model;
  const wall = shownWall(scene);
  drawTimers(context, scene);
  context.globalAlpha = scene.faded ? 0.4 : 1;
  drawWarmth(context, scene);
  let arrived = false;
  for (const flight of flights.live) arrived = drawFlight(context, scene, flight, wall) || arrived;
  if (arrived) flights.live = flights.live.filter((flight) => wall < endOf(flight));
  drawQueues(context, scene);
  context.globalAlpha = 1;
}

let frozenAt: number | undefined;
let lost = 0;

/** Wall time without the pauses: what was on its way goes on from where it stood. */
function shownWall(scene: Scene): number {
  if (!scene.running) {
    frozenAt ??= scene.wall;
    return frozenAt - lost;
  }
  if (frozenAt !== undefined) {
    lost += scene.wall - frozenAt;
    frozenAt = undefined;
  }
  scene.model.flights.pauses = lost;
  return scene.wall - lost;
}

function endOf(flight: Flight): number {
  return flight.start + flight.takes + (flight.fate === undefined ? 0 : 420);
}

const routes = new WeakMap<Layout, Map<string, readonly Point[] | null>>();

function pathOf(layout: Layout, flight: Flight): readonly Point[] | undefined {
  let known = routes.get(layout);
  if (known === undefined) {
    known = new Map();
    routes.set(layout, known);
  }
  const key = `${flight.from}>${flight.to}>${flight.column ? 'r' : ''}${flight.local ? flight.shape : ''}`;
  let path = known.get(key);
  if (path === undefined) {
    path = (flight.local ? localPath(layout, flight) : routeOf(layout, flight.from, flight.to, flight.column)) ?? null;
    known.set(key, path);
  }
  return path ?? undefined;
}

/** The apiserver and the etcd of one machine: between two rows of chips. */
function localPath(layout: Layout, flight: Flight): readonly Point[] | undefined {
  const place = layout.places.get(flight.from);
  if (place === undefined || place.machine.role !== 'control-plane') return undefined;
  const y = place.y + RING.y - 2.5;
  const path = [
    { x: place.x + place.width - 40, y },
    { x: place.x + RING.x + 22, y },
  ];
  return flight.shape === 'request' ? path : path.reverse();
}

/** Draws one packet; true when it is done with. */
function drawFlight(context: CanvasRenderingContext2D, scene: Scene, flight: Flight, wall: number): boolean {
  const path = pathOf(scene.layout, flight);
  if (path === undefined) return true;
  let share = (wall - flight.start) / flight.takes;
  if (share < 0) return false;
  if (scene.reduced) share = share < 0.5 ? 0.25 : 0.75;
  const end = stopShare(scene, flight, path);
  if (flight.fate !== undefined && share >= end) {
    if (flight.fate === 'waits') return wall >= endOf(flight);
    const dying = Math.min(1, (wall - flight.start - flight.takes * end) / 400);
    drawBurst(context, scene, alongPath(path, end), flight, dying);
    return dying >= 1;
  }
  if (share > 1) return true;
  const point = alongPath(path, share);
  if (flight.shape === 'stream')
    drawTail(context, scene.ink, flight.hue, alongPath(path, Math.max(0, share - 0.05)), point);
  drawPacket(context, scene.ink, flight, point);
  return false;
}

function stopShare(scene: Scene, flight: Flight, path: readonly Point[]): number {
  if (flight.where === undefined) return 1;
  const point = cutPoint(scene.layout, flight.where[0], flight.where[1]);
  return point === undefined ? 0.5 : Math.max(0.02, shareNear(path, point) - 0.03);
}

function drawPacket(context: CanvasRenderingContext2D, ink: Ink, flight: Flight, at: Point): void {
  const ring = flight.shape === 'answer';
  context.beginPath();
  if (flight.hue === 'cloud') {
    const r = ring ? 4.3 : 4.6;
    context.moveTo(at.x, at.y - r);
    context.lineTo(at.x + r, at.y);
    context.lineTo(at.x, at.y + r);
    context.lineTo(at.x - r, at.y);
    context.closePath();
  } else context.arc(at.x, at.y, ring ? 3.2 : 3.6, 0, Math.PI * 2);
  context.fillStyle = ring ? ink.raised : ink.fill[flight.hue];
  context.strokeStyle = ink.edge[flight.hue];
  context.lineWidth = ring ? 2 : 1.2;
  context.fill();
  context.stroke();
}

function drawTail(context: CanvasRenderingContext2D, ink: Ink, hue: Hue, from: Point, to: Point): void {
  const alpha = context.globalAlpha;
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy);
  if (length < 0.5) return;
  context.globalAlpha = alpha * 0.45;
  context.beginPath();
  context.moveTo(to.x - (dx / length) * 14, to.y - (dy / length) * 14);
  context.lineTo(to.x, to.y);
  context.strokeStyle = ink.edge[hue];
  context.lineWidth = 2;
  context.lineCap = 'round';
  context.stroke();
  context.globalAlpha = alpha;
}

const RAYS = [
  [-1, -1],
  [1, -1],
  [-1, 1],
  [1, 1],
  [-1.25, 0],
  [1.25, 0],
] as const;

/** It fades at the cut in a burst of short rays. */
function drawBurst(context: CanvasRenderingContext2D, scene: Scene, at: Point, flight: Flight, share: number): void {
  const alpha = context.globalAlpha;
  context.globalAlpha = alpha * (1 - share) * 0.7;
  drawPacket(context, scene.ink, flight, at);
  context.globalAlpha = alpha * (1 - share * share);
  context.beginPath();
  const inner = 4.6 + share * 2;
  const outer = inner + 2.6;
  for (const [x, y] of RAYS) {
    context.moveTo(at.x + x * inner, at.y + y * inner);
    context.lineTo(at.x + x * outer, at.y + y * outer);
  }
  context.strokeStyle = scene.ink.fault;
  context.lineWidth = 1.5;
  context.lineCap = 'round';
  context.stroke();
  context.globalAlpha = alpha;
}

const QUEUE_SHOWN = 6;

/** What waits for a link stands there in order, the first nearest to it. */
function drawQueues(context: CanvasRenderingContext2D, scene: Scene): void {
  const queues = new Map<string, number>();
  for (const flight of scene.model.flights.waiting.values()) {
    const path = pathOf(scene.layout, flight);
    if (path === undefined || flight.where === undefined) continue;
    const key = `${flight.from}>${flight.where[0]}|${flight.where[1]}`;
    const place = queues.get(key) ?? 0;
    queues.set(key, place + 1);
    if (place >= QUEUE_SHOWN) continue;
    const length = path.reduce(
      (sum, point, i) =>
        sum + (i === 0 ? 0 : Math.hypot(point.x - (path[i - 1]?.x ?? 0), point.y - (path[i - 1]?.y ?? 0))),
      0,
    );
    const back = length === 0 ? 0 : (place * 9.5 + 6) / length;
    drawPacket(context, scene.ink, flight, alongPath(path, Math.max(0.02, stopShare(scene, flight, path) - back)));
  }
}

/** From 100× on single packets cannot be seen: links grow warm with their number instead. */
function drawWarmth(context: CanvasRenderingContext2D, scene: Scene): void {
  const { heat } = scene.model.flights;
  for (const [key, warmth] of heat) {
    const path = routeOf(scene.layout, warmth.from, warmth.to, warmth.hue === 'raft');
    if (path !== undefined) {
      context.beginPath();
      path.forEach((point, i) => (i === 0 ? context.moveTo(point.x, point.y) : context.lineTo(point.x, point.y)));
      context.strokeStyle = scene.ink.fill[warmth.hue];
      const alpha = context.globalAlpha;
      context.globalAlpha = alpha * Math.min(0.85, 0.15 + Math.log2(1 + warmth.count) / 12);
      context.lineWidth = 1.5 + Math.min(3, Math.log2(1 + warmth.count) / 3);
      context.stroke();
      context.globalAlpha = alpha;
    }
    warmth.count = scene.running ? warmth.count * 0.88 : warmth.count;
    if (warmth.count < 0.3) heat.delete(key);
  }
}

/** The share of its election time-out that a follower has waited; a heartbeat empties it. */
function drawTimers(context: CanvasRenderingContext2D, scene: Scene): void {
  const { world } = scene.model;
  context.lineWidth = 2.5;
  context.lineCap = 'butt';
  for (const member of world.members.values()) {
    const place = scene.layout.places.get(member.host);
    if (place === undefined || member.role === 'leader' || world.machines.get(member.host)?.state === 'off') continue;
    const share = timerShare(world.now, member.heardAt, member.electionTimeout);
    context.globalAlpha = scene.faded ? 0.34 : 1;
    context.beginPath();
    context.arc(place.x + RING.x, place.y + RING.y, 20, -Math.PI / 2, -Math.PI / 2 + share * Math.PI * 2);
    context.strokeStyle = scene.ink.fill.raft;
    context.stroke();
  }
  context.globalAlpha = 1;
}
