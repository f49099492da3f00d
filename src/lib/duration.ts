import { DAY, HOUR, MILLISECOND, MINUTE, SECOND } from './time.ts';

/** A text that is not a Go duration; the message is Go's. */
export class DurationError extends Error {
  override readonly name = 'DurationError';
}

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Reads a Go duration (`1h30m`, `-1.5s`, `300ms`) into microseconds, cutting off what is smaller. Throws DurationError. */
export function parseDuration(text: string): number {
  const invalid = (): DurationError => new DurationError(`time: invalid duration ${JSON.stringify(text)}`);
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return 0;
  if (rest === '') throw invalid();
  let nanos = 0n;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const whole = number?.[1] ?? '';
    const fraction = number?.[2] ?? '';
    if (whole === '' && fraction === '') throw invalid();
    rest = rest.slice(number?.[0].length ?? 0);
    const unitText = /^[^.\d]+/.exec(rest)?.[0];
    if (unitText === undefined) throw new DurationError(`time: missing unit in duration ${JSON.stringify(text)}`);
    const unit = NANOSECONDS[unitText];
    if (unit === undefined) {
      throw new DurationError(`time: unknown unit ${JSON.stringify(unitText)} in duration ${JSON.stringify(text)}`);
    }
    rest = rest.slice(unitText.length);
    nanos += BigInt(whole === '' ? '0' : whole) * unit + fractionOf(fraction, unit);
    if (nanos > 9_223_372_036_854_775_807n) throw invalid();
  }
  const micros = Number(nanos / 1_000n);
  return negative ? -micros : micros;
}

function fractionOf(digits: string, unit: bigint): bigint {
  if (digits === '') return 0n;
  return (BigInt(digits) * unit) / BigInt(`1${'0'.repeat(digits.length)}`);
}

/** Writes microseconds as Go's `Duration.String`: `1m30s`, `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(micros: number): string {
  if (micros === 0) return '0s';
  const sign = micros < 0 ? '-' : '';
  const value = Math.abs(micros);
  if (value < MILLISECOND) return `${sign}${value}µs`;
  if (value < SECOND) return `${sign}${decimal(value, MILLISECOND, 3)}ms`;
  const hours = Math.floor(value / HOUR);
  const minutes = Math.floor((value % HOUR) / MINUTE);
  const seconds = `${decimal(value % MINUTE, SECOND, 6)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

function decimal(value: number, unit: number, digits: number): string {
  const whole = Math.floor(value / unit);
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}

/** An age as kubectl prints it. Models k8s.io/apimachinery/pkg/util/duration HumanDuration. */
export function humanDuration(micros: number): string {
  const seconds = Math.trunc(micros / SECOND);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(micros / MINUTE);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(micros / HOUR);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(micros / DAY);
  if (hours < 192) return withRest(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(hours / 24 / 365);
  if (hours < 24 * 365 * 8) return withRest(years, 'y', days % 365, 'd');
  return `${years}y`;
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${value}${unit}` : `${value}${unit}${rest}${restUnit}`;
}

/** A duration in its largest unit only. Models duration.ShortHumanDuration. */
export function shortHumanDuration(micros: number): string {
  const seconds = Math.trunc(micros / SECOND);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(micros / MINUTE);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(micros / HOUR);
  if (hours < 24) return `${hours}h`;
  if (hours < 24 * 365) return `${Math.floor(hours / 24)}d`;
  return `${Math.floor(hours / 24 / 365)}y`;
}
