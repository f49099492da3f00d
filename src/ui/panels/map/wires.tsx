import { memo, useMemo, type ReactNode } from 'react';
import { alongPath, cutPoint, roundedPath, wiresOf, type Wire } from '../../graph/routes.ts';
import type { Cut } from '../../graph/fault-kinds.ts';
import type { Layout } from '../../graph/layout.ts';
import { useView } from '../../stores/view-store.ts';
import css from './map.module.css';

interface Props {
  readonly layout: Layout;
  readonly cuts: readonly Cut[];
  /** The machine that is being pulled away: its links would be cut. */
  readonly pulled?: string | undefined;
  readonly selected: string;
  readonly aimed: string;
}

/** All hairlines, and the slashes where one is cut. Drawn under the machines. */
export const Wires = memo(function Wires({ layout, cuts, pulled, selected, aimed }: Props): ReactNode {
  const wires = useMemo(() => wiresOf(layout), [layout]);
  const marks = useMemo(() => slashes(layout, cuts), [layout, cuts]);
  return (
    <svg className={css.wires} width={layout.width} height={layout.height}>
      <defs>
        <pattern id="stripes" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="2" height="4" fill="var(--phase-terminating)" />
        </pattern>
        <pattern id="stripes-off" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="2" height="4" fill="var(--off-ink-2)" />
        </pattern>
      </defs>
      {wires.map((wire) => (
        <path
          key={wire.id}
          className={`${css.wire} ${wire.raft ? css.raft : ''} ${wire.raft && wire.points.length > 2 ? css.aside : ''}`}
          d={roundedPath(wire.points)}
        />
      ))}
      {pulled === undefined &&
        wires
          .filter((wire) => isOffered(layout, wire))
          .map((wire) => <Hit key={wire.id} wire={wire} selected={selected} aimed={aimed} layout={layout} />)}
      {marks.map((mark) => (
        <path
          key={mark.id}
          className={css.cut}
          transform={`translate(${mark.x} ${mark.y}) rotate(${mark.turn ?? 0})`}
          d={mark.turn === undefined ? BOTH_WAYS : ONE_WAY}
          data-cut={mark.id}
        />
      ))}
    </svg>
  );
});

const BOTH_WAYS = 'M-4.5 6.5-1-6.5M1 6.5 4.5-6.5';
/** An arrow that ends at a bar. */
const ONE_WAY = 'M-8 0H-1M-4.5-3.5-1 0-4.5 3.5M3-6.5V6.5';

/** Links to the outside share one trunk: there the machines themselves are what a fault is put on. */
function isOffered(layout: Layout, wire: Wire): boolean {
  const role = layout.places.get(wire.b)?.machine.role;
  return role !== 'internet' && role !== 'registry' && role !== 'cloud';
}

function Hit({
  wire,
  selected,
  aimed,
  layout,
}: {
  readonly wire: Wire;
  readonly selected: string;
  readonly aimed: string;
  readonly layout: Layout;
}): ReactNode {
  const id = `link:${wire.a}|${wire.b}`;
  const { select, set } = useView.getState();
  return (
    <path
      className={`${css.hit} ${selected === id ? css.chosen : ''} ${aimed === id ? css.aim : ''}`}
      d={roundedPath(ownPart(layout, wire))}
      tabIndex={0}
      role="button"
      aria-label={`link between ${wire.a} and ${wire.b}`}
      data-target={id}
      onClick={() => select({ kind: 'link', a: wire.a, b: wire.b })}
      onFocus={() => set({ focused: { kind: 'link', a: wire.a, b: wire.b } })}
    />
  );
}

/** The stretch of a link that is no trunk shared with others: what can be pointed at without doubt. */
function ownPart(layout: Layout, wire: Wire): Wire['points'] {
  const roleA = layout.places.get(wire.a)?.machine.role;
  const roleB = layout.places.get(wire.b)?.machine.role;
  if (roleB === 'worker')
    return wire.points.slice(-3).map((point, i, all) => (i === 0 && all.length === 3 ? nearer(point, all[1]) : point));
  if ((roleA === 'control-plane' && roleB === 'balancer') || (roleA === 'etcd' && roleB === 'control-plane'))
    return wire.points.slice(0, 3).map((point, i, all) => (i === 2 ? nearer(point, all[1]) : point));
  return wire.points;
}

function nearer<P extends { readonly x: number; readonly y: number }>(point: P, to: P | undefined): P {
  return to === undefined ? point : { ...point, x: to.x + (point.x - to.x) * 0.45, y: to.y + (point.y - to.y) * 0.45 };
}

interface Slash {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  /** Of a one-way cut: where the arrow points, in degrees. */
  readonly turn?: number;
}

function slashes(layout: Layout, cuts: readonly Cut[]): Slash[] {
  const marks = new Map<string, Slash>();
  const drawn = new Set(wiresOf(layout).flatMap((wire) => [`${wire.a}|${wire.b}`, `${wire.b}|${wire.a}`]));
  for (const { a, b, oneWay } of cuts) {
    if (!drawn.has(`${a}|${b}`)) continue;
    const point = cutPoint(layout, a, b);
    if (point === undefined) continue;
    const place = `${Math.round(point.x)},${Math.round(point.y)}`;
    const turn = oneWay ? { turn: directionOf(layout, a, b) } : {};
    if (!marks.has(place)) marks.set(place, { id: `${a}|${b}`, ...point, ...turn });
  }
  return [...marks.values()];
}

function directionOf(layout: Layout, a: string, b: string): number {
  const from = layout.places.get(a);
  const to = layout.places.get(b);
  if (from === undefined || to === undefined) return 0;
  if (from.x !== to.x) return from.x < to.x ? 0 : 180;
  return from.y < to.y ? 90 : 270;
}

/** The curves from a lifted machine to those it would be cut from. */
export function Threatened({
  layout,
  host,
  dx,
  dy,
}: {
  readonly layout: Layout;
  readonly host: string;
  readonly dx: number;
  readonly dy: number;
}): ReactNode {
  const place = layout.places.get(host);
  if (place === undefined) return null;
  const wires = wiresOf(layout).filter((wire) => wire.a === host || wire.b === host);
  return (
    <svg className={css.wires} width={layout.width} height={layout.height}>
      <rect className={css.ghost} x={place.x} y={place.y} width={place.width} height={place.height} rx={8} />
      {wires.map((wire) => {
        const ends = wire.a === host ? wire.points : [...wire.points].reverse();
        const from = ends[0];
        const to = ends.at(-1);
        if (from === undefined || to === undefined) return null;
        const lifted = { x: from.x + dx, y: from.y + dy };
        const bend = alongPath(ends, 0.5);
        const d = `M${lifted.x} ${lifted.y}Q${bend.x} ${bend.y} ${to.x} ${to.y}`;
        const at = { x: lifted.x * 0.25 + bend.x * 0.5 + to.x * 0.25, y: lifted.y * 0.25 + bend.y * 0.5 + to.y * 0.25 };
        return (
          <g key={wire.id}>
            <path className={`${css.wire} ${css.threatened}`} d={d} />
            <path className={css.cut} transform={`translate(${at.x} ${at.y})`} d="M-4.5 6.5-1-6.5M1 6.5 4.5-6.5" />
          </g>
        );
      })}
    </svg>
  );
}
