import type { Micros } from '../../sim/env.ts';
import { WRITE_BUCKET, type History } from '../stores/history.ts';
import type { PhaseLane } from '../stores/phase-lane.ts';
import type { PodShape } from '../stores/pods.ts';

export interface Scale {
  /** The virtual time at the right edge. */
  readonly end: Micros;
  readonly step: Micros;
}

const SECOND = 1_000_000;
const ENDS = [60, 120, 180, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];

/** Leaves room for what is to come, and changes seldom: the past must not slide under the eye. */
export function scaleOf(now: Micros): Scale {
  const end = (ENDS.find((seconds) => now < seconds * SECOND * 0.9) ?? Math.ceil((now / SECOND) * 1.5)) * SECOND;
  return { end, step: end / 12 };
}

export interface Lanes {
  readonly faults: readonly {
    readonly id: string;
    readonly at: Micros;
    readonly until: Micros;
    readonly verb: string;
    readonly text: string;
    readonly roomy: boolean;
  }[];
  readonly elections: readonly {
    readonly at: Micros;
    readonly until: Micros;
    readonly term: number;
    readonly host: string;
    readonly label: string;
  }[];
  readonly writes: readonly { readonly x: number; readonly height: number }[];
}

export function lanesOf(history: History, now: Micros, end: Micros): Lanes {
  return {
    faults: history.faults.items.map((span) => {
      const until = span.until ?? now;
      const verb = span.command.split(/\s/)[0] ?? '';
      const text = shortText(verb, span.command, span.targets);
      return { id: span.id, at: span.at, until, verb, text, roomy: ((until - span.at) / end) * 180 > text.length };
    }),
    elections: history.elections.items.map((span) => {
      const until = span.until ?? now;
      const share = (until - span.at) / end;
      const label =
        share > 0.1
          ? `term ${span.term}, ${span.host}`
          : share > 0.035
            ? `${span.term} ${span.host}`
            : share > 0.01
              ? String(span.term)
              : '';
      return { at: span.at, until, term: span.term, host: span.host, label };
    }),
    writes: writeBars(history, end),
  };
}

function shortText(verb: string, command: string, targets: readonly string[]): string {
  const [first = ''] = targets;
  switch (verb) {
    case 'power-off':
      return `${first} off`;
    case 'partition':
      return `${targets.slice(0, 2).join(', ')} cut`;
    case 'loss':
    case 'latency':
      return command.split(/\s/).slice(0, 2).join(' ').replace('%', ' %');
    default:
      return `${verb} ${first}`;
  }
}

const BARS = 180;

/** The number of writes, on a scale of its roots: a burst must not hide the heartbeat of the leases. */
function writeBars(history: History, end: Micros): Lanes['writes'] {
  const bars = new Map<number, number>();
  const per = end / BARS;
  for (const [bucket, count] of history.writes) {
    const bar = Math.floor((bucket * WRITE_BUCKET) / per);
    bars.set(bar, (bars.get(bar) ?? 0) + count);
  }
  let most = 1;
  for (const count of bars.values()) most = Math.max(most, count);
  return [...bars].map(([bar, count]) => ({ x: bar * 2, height: Math.max(1.5, 15 * Math.sqrt(count / most)) }));
}

export interface Area {
  readonly shape: PodShape;
  readonly path: string;
}

const ORDER: readonly PodShape[] = ['running', 'unknown', 'terminating', 'crash', 'pending'];

/** Pods by phase over time, stacked, as steps. */
export function phaseAreas(lane: PhaseLane, now: Micros, end: Micros): Area[] {
  const total = (counts: Readonly<Record<PodShape, number>>): number =>
    ORDER.reduce((sum, shape) => sum + counts[shape], 0);
  const most = Math.max(1, ...lane.samples.map((sample) => total(sample.counts)));
  const paths = new Map<PodShape, string>(ORDER.map((shape) => [shape, '']));
  const changes = lane.samples.filter(
    (sample, i) => i === 0 || ORDER.some((shape) => sample.counts[shape] !== lane.samples[i - 1]?.counts[shape]),
  );
  changes.forEach((sample, i) => {
    const x0 = (sample.at / end) * 360;
    const x1 = ((changes[i + 1]?.at ?? now) / end) * 360;
    let base = 16;
    for (const shape of ORDER) {
      const height = (sample.counts[shape] / most) * 15.5;
      if (height > 0)
        paths.set(
          shape,
          `${paths.get(shape) ?? ''}M${x0.toFixed(2)} ${base.toFixed(2)}H${x1.toFixed(2)}V${(base - height).toFixed(2)}H${x0.toFixed(2)}Z`,
        );
      base -= height;
    }
  });
  return ORDER.map((shape) => ({ shape, path: paths.get(shape) ?? '' })).filter((area) => area.path !== '');
}
