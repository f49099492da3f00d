// Models apiserver/pkg/util/flowcontrol/conc_alloc.go.

export interface Class {
  readonly target: number;
  readonly lowerBound: number;
  readonly upperBound: number;
}

const LEAST_TARGET = 0.001;

/**
 * Shares out `sum`: each class gets the same proportion of its target, kept within its bounds. When the bounds leave no
 * choice, they are what it gets.
 */
export function allocate(sum: number, classes: readonly Class[]): number[] {
  const items = classes.map(({ target, ...bounds }) => ({ ...bounds, target: Math.max(target, LEAST_TARGET) }));
  const at = (proportion: number): number[] =>
    items.map(({ target, lowerBound, upperBound }) => Math.max(lowerBound, Math.min(upperBound, proportion * target)));
  const total = (shares: readonly number[]): number => shares.reduce((all, share) => all + share, 0);
  // What all come to grows with the proportion, in straight lines between the proportions where a bound is met.
  const bends = items
    .flatMap(({ target, lowerBound, upperBound }) => [lowerBound / target, upperBound / target])
    .sort((a, b) => a - b);
  let below = 0;
  for (const bend of bends) {
    const [low, high] = [total(at(below)), total(at(bend))];
    if (high >= sum) return at(high === low ? below : below + ((sum - low) / (high - low)) * (bend - below));
    below = bend;
  }
  return at(below);
}
