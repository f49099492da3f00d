import { compareStrings } from '../lib/order.ts';
import { LOOKAHEAD, type Micros } from './env.ts';
import type { TraceLog } from './kernel-world.ts';
import type { TraceEvent } from './trace.ts';

/** Collects records while somebody observes. What happened at an instant is complete LOOKAHEAD later. */
export function createTraceLog(now: () => Micros): TraceLog {
  const counts = new Map<string, number>();
  const count = (source: string): number => {
    const seq = counts.get(source) ?? 0;
    counts.set(source, seq + 1);
    return seq;
  };
  const log: TraceLog = {
    observed: false,
    events: [],
    told: 0,
    record(source, record, cause, at = now()) {
      if (!log.observed) return;
      const seq = count(source);
      // One spread, and first: engines copy a whole object at once only then.
      log.events.push(cause === undefined ? { ...record, at, source, seq } : { ...record, at, source, seq, cause });
    },
    note(source, note, cause, at) {
      if (!log.observed) return;
      const seq = count(source);
      log.events.push(
        cause === undefined ? { kind: 'note', note, at, source, seq } : { kind: 'note', note, at, source, seq, cause },
      );
    },
  };
  return log;
}

/**
 * Takes out the records that are complete, in order. `everything`: also those of the last LOOKAHEAD, for a run that stands
 * still; what is still added to that time is told as of its end, so that the order holds.
 */
export function drainTrace(log: TraceLog, horizon: Micros, everything = false): TraceEvent[] {
  const complete = everything ? horizon : horizon - LOOKAHEAD;
  log.events.sort(compareEvents);
  let count = log.events.length;
  while (count > 0 && (log.events[count - 1]?.at ?? 0) >= complete) count--;
  const drained = log.events.splice(0, count);
  for (let i = 0; i < drained.length; i++) {
    const event = drained[i];
    if (event === undefined || event.at >= log.told) break;
    drained[i] = { ...event, at: log.told };
  }
  if (complete > log.told) log.told = complete;
  return drained;
}

function compareEvents(a: TraceEvent, b: TraceEvent): number {
  return a.at - b.at || compareStrings(a.source, b.source) || a.seq - b.seq;
}
