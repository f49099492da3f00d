// Models k8s.io/apimachinery/pkg/api/resource Quantity: exact, down to nano, never a float.

export type QuantityFormat = 'decimal' | 'binary' | 'exponent';

export interface Amount {
  /** The value in billionths. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** A text that is not a quantity, in upstream's words. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

export const QUANTITY_FORMAT_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_ERROR = "unable to parse quantity's suffix";
const NUMERIC_ERROR = 'unable to parse numeric part of quantity';

const NANO = 1_000_000_000n;
const MAX_NANOS = 9_223_372_036_854_775_807n * NANO;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

export function parseQuantity(text: string): Amount {
  const match = /^([+-]?)([0-9]*)(\.?)([0-9]*)([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text);
  if (match === null || text === '') throw new QuantityError(QUANTITY_FORMAT_ERROR);
  const [, sign, whole = '', , fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '')
    throw new QuantityError(/^[+-]?\.?$/.test(text) ? NUMERIC_ERROR : QUANTITY_FORMAT_ERROR);
  const { numerator, denominator, format } = suffixScale(suffix);
  const scaled = BigInt(whole + fraction) * NANO * numerator;
  const divisor = BigInt(`1${'0'.repeat(fraction.length)}`) * denominator;
  let nanos = (scaled + divisor - 1n) / divisor;
  if (nanos > MAX_NANOS) nanos = MAX_NANOS;
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

function suffixScale(suffix: string): { numerator: bigint; denominator: bigint; format: QuantityFormat } {
  const binary = suffix === '' ? -1 : BINARY.indexOf(suffix as (typeof BINARY)[number]);
  if (binary > 0) return { numerator: 1n << BigInt(10 * binary), denominator: 1n, format: 'binary' };
  const decimal = DECIMAL.indexOf(suffix as (typeof DECIMAL)[number]);
  if (decimal >= 0) return { ...powerOfTen(3 * (decimal - 3)), format: 'decimal' };
  const exponent = /^[eE]([-+]?[0-9]+)$/.exec(suffix);
  if (exponent === null) throw new QuantityError(SUFFIX_ERROR);
  const power = Number(exponent[1]);
  if (power > 2_147_483_647 || power < -2_147_483_648) throw new QuantityError(SUFFIX_ERROR);
  return { ...powerOfTen(Math.max(-30, Math.min(40, power))), format: 'exponent' };
}

function powerOfTen(power: number): { numerator: bigint; denominator: bigint } {
  const scale = BigInt(`1${'0'.repeat(Math.abs(power))}`);
  return power >= 0 ? { numerator: scale, denominator: 1n } : { numerator: 1n, denominator: scale };
}

/** The canonical text: no fraction, the largest suffix that keeps it exact. */
export function formatQuantity(amount: Amount): string {
  const { nanos } = amount;
  if (nanos === 0n) return '0';
  const whole = nanos % NANO === 0n;
  const value = nanos / NANO;
  const small = nanos > -1024n * NANO && nanos < 1024n * NANO;
  if (amount.format === 'binary' && whole && !small) return formatBinary(value);
  let mantissa = nanos;
  let index = 0;
  while (index < DECIMAL.length - 1 && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    index++;
  }
  if (amount.format !== 'exponent') return `${mantissa}${DECIMAL[index]}`;
  const exponent = 3 * (index - 3);
  return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
}

function formatBinary(value: bigint): string {
  let mantissa = value;
  let index = 0;
  while (index < BINARY.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    index++;
  }
  return `${mantissa}${BINARY[index]}`;
}

export function canonicalQuantity(text: string): string {
  return formatQuantity(parseQuantity(text));
}

/** The same, with what is finer than thousandths rounded up. */
export function roundedToMilli(text: string): string {
  const { nanos, format } = parseQuantity(text);
  return formatQuantity({ nanos: quotientUp(nanos, 1_000_000n) * 1_000_000n, format });
}

export function compareQuantities(a: string, b: string): number {
  const x = parseQuantity(a).nanos;
  const y = parseQuantity(b).nanos;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The sum keeps the format of the first that is not zero, as upstream. */
export function addAmounts(a: Amount, b: Amount): Amount {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractAmounts(a: Amount, b: Amount): Amount {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function addQuantities(a: string, b: string): string {
  return formatQuantity(addAmounts(parseQuantity(a), parseQuantity(b)));
}

/** Whole units, rounded up: what upstream's `Value()` says. */
export function quantityValue(text: string): number {
  return roundUp(parseQuantity(text).nanos, NANO);
}

/** Thousandths, rounded up: what upstream's `MilliValue()` says. */
export function quantityMilliValue(text: string): number {
  return roundUp(parseQuantity(text).nanos, 1_000_000n);
}

export function amountValue(amount: Amount): number {
  return roundUp(amount.nanos, NANO);
}

export function amountMilliValue(amount: Amount): number {
  return roundUp(amount.nanos, 1_000_000n);
}

function roundUp(nanos: bigint, unit: bigint): number {
  return Number(quotientUp(nanos, unit));
}

/** Away from zero. */
function quotientUp(nanos: bigint, unit: bigint): bigint {
  const quotient = nanos / unit;
  const rest = nanos % unit;
  return rest === 0n ? quotient : nanos > 0n ? quotient + 1n : quotient - 1n;
}

export function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}
