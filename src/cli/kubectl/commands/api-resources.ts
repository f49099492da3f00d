import type { Command, Context } from '../command.ts';
import { apiVersionOf } from '../object.ts';
import { resourceName } from '../discovery.ts';
import type { ApiResource } from '../discovery.ts';
import { CliError, usageError } from '../errors.ts';
import { objectPrinter } from '../output.ts';
import { discoveryOf } from '../selection.ts';
import type { Obj } from '../server.ts';
import { GET_TABS, tabulate } from '../../text/tabwriter.ts';
import { sortBy, sortedStrings } from '../../../lib/order.ts';

export const apiResources: Command = {
  name: 'api-resources',
  group: 'Other Commands',
  short: 'Print the supported API resources on the server',
  usage: '[flags]',
  examples: ['kubectl api-resources -o wide', 'kubectl api-resources --namespaced=false'],
  flags: [
    { name: 'output', short: 'o', type: 'string', usage: 'json, yaml, kyaml, wide or name.' },
    { name: 'show-managed-fields', type: 'bool', fallback: 'false', usage: 'As elsewhere; resources have none.' },
    { name: 'namespaced', type: 'bool', fallback: 'true', usage: 'Only those with, or without, a namespace.' },
    { name: 'api-group', type: 'string', usage: 'Only those of this group.' },
    { name: 'verbs', type: 'slice', usage: 'Only those with all these verbs.' },
    { name: 'categories', type: 'slice', usage: 'Only those in all these categories.' },
    { name: 'sort-by', type: 'string', usage: 'name or kind.' },
    { name: 'no-headers', type: 'bool', fallback: 'false', usage: 'No headings.' },
    { name: 'cached', type: 'bool', fallback: 'false', usage: 'As last seen.' },
  ],
  run: runApiResources,
};

async function runApiResources(context: Context): Promise<void> {
  const { flags } = context;
  if (context.args.length > 0) throw usageError(context.path, `unexpected arguments: [${context.args.join(' ')}]`);
  const output = flags.string('output');
  const printer =
    output === 'name' ? undefined : objectPrinter(context, ['json', 'kyaml', 'name', 'wide', 'yaml'], false);
  const order = flags.string('sort-by');
  if (!['', 'name', 'kind'].includes(order)) throw new CliError('--sort-by accepts only name or kind');
  const discovery = discoveryOf(context);
  const all = flags.bool('cached') ? await discovery.all() : await discovery.refresh();
  const shown = all.filter(
    (each) =>
      each.preferred &&
      each.verbs.length > 0 &&
      (!flags.changed('namespaced') || each.namespaced === flags.bool('namespaced')) &&
      (!flags.changed('api-group') || each.group === flags.string('api-group')) &&
      flags.list('verbs').every((verb) => each.verbs.includes(verb)) &&
      flags.list('categories').every((category) => each.categories.includes(category)),
  );
  const sorted =
    order === 'name'
      ? sortBy(shown, (each) => each.plural)
      : order === 'kind'
        ? sortBy(shown, (each) => each.kind)
        : sortBy(
            shown,
            (each) => each.group,
            (each) => each.plural,
          );
  if (printer !== undefined) {
    printer.print(asList(sorted));
    return printer.flush();
  }
  if (output === 'name') return context.out(sorted.map((each) => `${resourceName(each)}\n`).join(''));
  context.out(tabulate(table(sorted, output === 'wide', flags.bool('no-headers')), GET_TABS));
}

/** Models metav1.APIResourceList. */
function asList(resources: readonly ApiResource[]): Obj {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: '',
    resources: resources.map(
      ({ categories, group, kind, namespaced, plural, shortNames, singular, verbs, version }) => ({
        name: plural,
        singularName: singular,
        namespaced,
        ...(group === '' ? {} : { group }),
        version,
        kind,
        verbs: sortedStrings(verbs),
        ...(shortNames.length === 0 ? {} : { shortNames }),
        ...(categories.length === 0 ? {} : { categories }),
      }),
    ),
  };
}

function table(resources: readonly ApiResource[], wide: boolean, noHeaders: boolean): string {
  const rows = resources.map((each) => [
    each.plural,
    each.shortNames.join(','),
    apiVersionOf(each.group, each.version),
    String(each.namespaced),
    each.kind,
    ...(wide ? [sortedStrings(each.verbs).join(','), each.categories.join(',')] : []),
  ]);
  const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])];
  return [...(noHeaders ? [] : [header]), ...rows].map((row) => `${row.join('\t')}\n`).join('');
}

export const apiVersions: Command = {
  name: 'api-versions',
  group: 'Other Commands',
  short: 'Print the supported API versions on the server, in the form of "group/version"',
  usage: '',
  async run(context) {
    if (context.args.length > 0) throw usageError(context.path, `unexpected arguments: [${context.args.join(' ')}]`);
    const all = await discoveryOf(context).refresh();
    const versions = new Set(all.map((each) => apiVersionOf(each.group, each.version)));
    context.out(
      sortedStrings(versions)
        .map((each) => `${each}\n`)
        .join(''),
    );
  },
};
