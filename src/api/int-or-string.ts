import type { IntOrString } from './meta.ts';

/** The percentage, when the value is one. */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value === 'number') return undefined;
  const match = /^([0-9]+)%$/.exec(value);
  return match === null ? undefined : Number(match[1]);
}

/** A count, or a percentage of `total`. Models intstr.GetScaledValueFromIntOrPercent; undefined when it is neither. */
export function scaledValue(value: IntOrString, total: number, roundUp: boolean): number | undefined {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined) return undefined;
  const product = percent * total;
  const floor = Math.floor(product / 100);
  return roundUp && product % 100 !== 0 ? floor + 1 : floor;
}

/** How many pods a rolling update may add and how many may be missing. Models deployment util ResolveFenceposts. */
export function resolveFenceposts(
  maxSurge: IntOrString,
  maxUnavailable: IntOrString,
  desired: number,
): { readonly surge: number; readonly unavailable: number } {
  const surge = scaledValue(maxSurge, desired, true) ?? 0;
  const unavailable = scaledValue(maxUnavailable, desired, false) ?? 0;
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
