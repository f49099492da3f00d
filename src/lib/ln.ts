/**
 * Natural logarithm of a whole number ≥ 1, from additions, multiplications and divisions only: those are exact to the bit
 * in every engine, Math.log is not.
 */
export function ln(n: number): number {
  let halvings = 0;
  let rest = n;
  while (rest > 1.5) {
    rest /= 2;
    halvings++;
  }
  const LN2 = 0.6931471805599453;
  const t = (rest - 1) / (rest + 1);
  const square = t * t;
  let power = t;
  let sum = 0;
  for (let k = 1; k < 60; k += 2) {
    sum += power / k;
    power *= square;
  }
  return 2 * sum + halvings * LN2;
}
