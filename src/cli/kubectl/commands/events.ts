import type { Command, Context } from '../command.ts';
import { ALL_NAMESPACES_FLAG } from '../common-flags.ts';
import { eventAge, lastSeen } from '../describe/events.ts';
import { goQuote } from '../../text/go-quote.ts';
import { CliError, PlainError } from '../errors.ts';
import { list, namespaceOf, str } from '../object.ts';
import { OBJECT_FORMATS, objectPrinter, OUTPUT_FLAGS } from '../output.ts';
import { discoveryOf } from '../selection.ts';
import type { Obj } from '../server.ts';
import { GET_TABS, Tabwriter } from '../../text/tabwriter.ts';
import { followWatch, resourceVersionOf } from '../watch-stream.ts';

export const events: Command = {
  name: 'events',
  group: 'Troubleshooting and Debugging Commands',
  short: 'List events',
  usage:
    '[(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]',
  examples: ['kubectl events --for pod/web --watch', 'kubectl events --types=Warning'],
  flags: [
    ...OUTPUT_FLAGS,
    ALL_NAMESPACES_FLAG,
    { name: 'for', type: 'string', usage: 'Only about this object.' },
    { name: 'types', type: 'slice', usage: 'Only of these types: Normal, Warning.' },
    { name: 'watch', short: 'w', type: 'bool', fallback: 'false', usage: 'Go on as more happens.' },
    { name: 'no-headers', type: 'bool', fallback: 'false', usage: 'No headings.' },
    { name: 'chunk-size', type: 'int', fallback: '500', usage: 'Objects per request.' },
  ],
  run: runEvents,
};

async function runEvents(context: Context): Promise<void> {
  const types = context.flags.list('types').filter((type) => type !== '');
  const bad = types.find((type) => !['normal', 'warning'].includes(type.toLowerCase()));
  if (bad !== undefined) throw new CliError('valid --types are Normal or Warning');
  const fieldSelector = await fieldsFor(context, context.flags.string('for'));
  const path = context.allNamespaces ? '/api/v1/events' : `/api/v1/namespaces/${context.namespace}/events`;
  const wanted = (event: Obj): boolean =>
    types.length === 0 || types.some((type) => type.toLowerCase() === str(event, 'type').toLowerCase());
  const answer = await context.server.json('GET', path, { query: { fieldSelector, limit: '500' } });
  const found = list(answer, 'items')
    .filter(wanted)
    .sort((a, b) => lastSeen(a) - lastSeen(b));
  const printer = objectPrinter(context, OBJECT_FORMATS);
  // Upstream's printer of names finds none in what this verb hands it.
  if (context.flags.string('output') === 'name') return;
  if (printer !== undefined) {
    printer.print({
      apiVersion: 'v1',
      items: found.map((event) => ({ ...event, apiVersion: 'v1', kind: 'Event' })),
      kind: 'List',
      metadata: { resourceVersion: '' },
    });
    return printer.flush();
  }
  if (found.length === 0 && !context.flags.bool('watch')) {
    return context.err(
      context.allNamespaces ? 'No events found.\n' : `No events found in ${context.namespace} namespace.\n`,
    );
  }
  const writer = new Tabwriter((text) => context.out(text), GET_TABS);
  if (!context.flags.bool('no-headers') && (found.length > 0 || context.flags.bool('watch')))
    writer.write(`${context.allNamespaces ? 'NAMESPACE\t' : ''}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n`);
  for (const event of found) writer.write(rowOf(context, event));
  writer.flush();
  if (!context.flags.bool('watch')) return;
  const query = { watch: 'true', fieldSelector, resourceVersion: resourceVersionOf(answer) };
  await followWatch(context.server, path, { query }, ({ type, object }) => {
    if (type !== 'DELETED' && wanted(object)) writer.write(rowOf(context, object));
    writer.flush();
    return 'go on';
  });
}

function rowOf(context: Context, event: Obj): string {
  const about = `${str(event, 'involvedObject', 'kind')}/${str(event, 'involvedObject', 'name')}`;
  const cells = [
    eventAge(context, event),
    str(event, 'type'),
    str(event, 'reason'),
    about,
    str(event, 'message').trim(),
  ];
  return `${[...(context.allNamespaces ? [namespaceOf(event)] : []), ...cells].join('\t')}\n`;
}

async function fieldsFor(context: Context, word: string): Promise<string> {
  if (word === '') return '';
  const parts = word.split('/');
  if (parts.length !== 2) throw new CliError('--for must be in resource/name form');
  const [type = '', name = ''] = parts;
  const resource = await discoveryOf(context).tryFind(type);
  if (resource === undefined) throw new PlainError(`the server doesn't have a resource type ${goQuote(type)}`);
  return `involvedObject.kind=${resource.kind},involvedObject.name=${name}`;
}
