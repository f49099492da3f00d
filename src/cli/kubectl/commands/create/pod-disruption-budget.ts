import { parseSelector, SelectorError } from '../../../../api/selector.ts';
import { goQuote } from '../../../text/go-quote.ts';
import type { Command } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { Obj } from '../../server.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';

export const createPodDisruptionBudget: Command = {
  name: 'poddisruptionbudget',
  aliases: ['pdb'],
  short: 'Create a pod disruption budget with the specified name',
  usage: 'NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]',
  examples: ['kubectl create pdb web --selector=app=web --min-available=50%'],
  flags: [
    ...generatorFlags('kubectl-create'),
    { name: 'selector', type: 'string', usage: 'The pods that the budget is for.' },
    { name: 'min-available', type: 'string', usage: 'How many must stay, as a number or a percentage.' },
    { name: 'max-unavailable', type: 'string', usage: 'How many may be gone, as a number or a percentage.' },
  ],
  async run(context) {
    const name = oneName(context);
    const [selector, least, most] = ['selector', 'min-available', 'max-unavailable'].map((flag) =>
      context.flags.string(flag),
    );
    if (selector === undefined || selector === '') throw new CliError('a selector must be specified');
    if (least === '' && most === '') throw new CliError('one of min-available or max-unavailable must be specified');
    if (least !== '' && most !== '') throw new CliError('min-available and max-unavailable cannot be both specified');
    const bound = least === '' ? { maxUnavailable: amount(most, 'max-unavailable') } : undefined;
    const object = {
      kind: 'PodDisruptionBudget',
      apiVersion: 'policy/v1',
      metadata: { name },
      spec: {
        ...(bound === undefined ? { minAvailable: amount(least, 'min-available') } : {}),
        selector: selectorOf(selector),
        ...bound,
      },
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    };
    await createGenerated(context, object, 'poddisruptionbudgets');
  },
};

function amount(text = '', flag: string): number | string {
  if (!/^\d+%?$/.test(text)) throw new CliError(`invalid format specified for ${flag}`);
  return text.endsWith('%') ? text : Number(text);
}

const OPERATORS = { in: 'In', notin: 'NotIn', '!=': 'NotIn', exists: 'Exists', '!': 'DoesNotExist' } as const;

/** `app=web,tier in (a,b)` as a selector of labels and expressions. */
function selectorOf(text: string): Obj {
  try {
    const matchLabels: Record<string, string> = {};
    const matchExpressions: Obj[] = [];
    for (const { key, operator, values } of parseSelector(text).requirements) {
      if (operator === '=' || operator === '==') matchLabels[key] = values[0] ?? '';
      else if (operator === 'gt' || operator === 'lt')
        throw new CliError(`${goQuote(operator)} isn't supported in label selectors`);
      else matchExpressions.push({ key, operator: OPERATORS[operator], ...(values.length === 0 ? {} : { values }) });
    }
    return {
      ...(Object.keys(matchLabels).length === 0 ? {} : { matchLabels }),
      ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
    };
  } catch (error) {
    if (error instanceof SelectorError) throw new CliError(error.message);
    throw error;
  }
}
