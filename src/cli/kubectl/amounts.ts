import { isQuantity } from '../../api/quantity.ts';
import { CliError } from './errors.ts';

/** `cpu=1,memory=1G` of a flag; undefined: nothing was given. Models generate.populateResourceListV1. */
export function amounts(text: string): Readonly<Record<string, string>> | undefined {
  if (text === '') return undefined;
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name = '', amount, ...more] = pair.split('=');
      if (amount === undefined || more.length > 0)
        throw new CliError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      if (!isQuantity(amount))
        throw new CliError(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      return [name, amount];
    }),
  );
}
