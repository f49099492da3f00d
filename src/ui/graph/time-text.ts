import type { Micros } from '../../sim/env.ts';

const two = (n: number): string => String(n).padStart(2, '0');

/** `00:02:14.350` */
export function clock(at: Micros): string {
  const ms = Math.floor(at / 1_000);
  return `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1_000) % 60)}.${String(ms % 1_000).padStart(3, '0')}`;
}

/** `2:14.350`, `1:02:14.350` */
export function instant(at: Micros): string {
  const ms = Math.floor(at / 1_000);
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = `${two(Math.floor(ms / 1_000) % 60)}.${String(ms % 1_000).padStart(3, '0')}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}

/** `2:15`, `1:02:15`: a mark on the axis. */
export function mark(at: Micros): string {
  return duration(at);
}

/** `1:07`, `1:02:07` */
export function duration(micros: Micros): string {
  const seconds = Math.max(0, Math.floor(micros / 1_000_000));
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `3.2 s`, `12 ms`, `500 µs` */
export function span(micros: Micros): string {
  if (micros >= 1_000_000) return `${(micros / 1_000_000).toFixed(1)} s`;
  if (micros >= 1_000) return `${Math.round(micros / 1_000)} ms`;
  return `${micros} µs`;
}

export function thousands(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}
