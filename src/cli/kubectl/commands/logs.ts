import { parseDuration } from '../../../lib/duration.ts';
import { parseTime, SECOND } from '../../../lib/time.ts';
import type { Command, Context } from '../command.ts';
import { SELECTOR_FLAG } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import type { ApiResource } from '../discovery.ts';
import { asError, CliError, hasReason, usageError } from '../errors.ts';
import { streamLog } from '../log-stream.ts';
import { namedObject } from '../named-object.ts';
import { list, nameOf, namespaceOf } from '../object.ts';
import { choosePod, containerNames, defaultContainer, selectorOf } from '../pod-choice.ts';
import { goQuote } from '../../text/go-quote.ts';
import { discoveryOf } from '../selection.ts';
import type { Obj } from '../server.ts';

export const logs: Command = {
  name: 'logs',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Print the logs for a container in a pod',
  usage: '[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]',
  examples: [
    'kubectl logs web',
    'kubectl logs -f deploy/web',
    'kubectl logs -l app=web --prefix',
    'kubectl logs -p crash',
  ],
  flags: [
    SELECTOR_FLAG,
    { name: 'follow', short: 'f', type: 'bool', fallback: 'false', usage: 'Go on as more is written.' },
    {
      name: 'previous',
      short: 'p',
      type: 'bool',
      fallback: 'false',
      usage: 'Of the container before the last restart.',
    },
    { name: 'container', short: 'c', type: 'string', usage: 'The container.' },
    { name: 'all-containers', type: 'bool', fallback: 'false', usage: 'Of every container of the pod.' },
    { name: 'all-pods', type: 'bool', fallback: 'false', usage: 'Of every pod of the workload.' },
    { name: 'tail', type: 'int', fallback: '-1', usage: 'Only the last lines; -1: all.' },
    { name: 'since', type: 'duration', fallback: '0s', usage: 'Only what is newer than this.' },
    { name: 'since-time', type: 'string', usage: 'Only what is newer than this time.' },
    { name: 'timestamps', type: 'bool', fallback: 'false', usage: 'The time in front of each line.' },
    { name: 'limit-bytes', type: 'int', fallback: '0', usage: 'No more than this many bytes.' },
    { name: 'prefix', type: 'bool', fallback: 'false', usage: 'Pod and container in front of each line.' },
    { name: 'max-log-requests', type: 'int', fallback: '5', usage: 'How many logs may be followed at once.' },
    { name: 'ignore-errors', type: 'bool', fallback: 'false', usage: 'Go on with the next log after an error.' },
    { name: 'pod-running-timeout', type: 'duration', fallback: '20s', usage: 'How long to wait for a pod.' },
    {
      name: 'insecure-skip-tls-verify-backend',
      type: 'bool',
      fallback: 'false',
      usage: 'Do not check the certificate of the kubelet.',
    },
  ],
  run: runLogs,
};

interface LogSource {
  readonly resource: ApiResource;
  readonly pod: Obj;
  readonly container: string;
}

async function runLogs(context: Context): Promise<void> {
  const selector = context.flags.string('selector');
  const [first, second] = context.args;
  if (first === undefined && selector === '') {
    throw usageError(
      context.path,
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
    );
  }
  if (selector !== '' && context.args.length > 0)
    throw usageError(context.path, 'only a selector (-l) or a POD name is allowed');
  if (context.flags.duration('since') !== 0 && context.flags.string('since-time') !== '')
    throw new CliError('at most one of `sinceTime` or `sinceSeconds` may be specified');
  checkFlags(context);
  if (context.flags.changed('tail') && context.flags.int('tail') < -1)
    throw new CliError('--tail must be greater than or equal to -1');
  const sources = await sourcesOf(context, first, second ?? context.flags.string('container'), selector);
  if (sources.length === 0) return context.err(`No resources found in ${context.namespace} namespace.\n`);
  const follow = context.flags.bool('follow');
  const limit = context.flags.int('max-log-requests');
  if (follow && sources.length > limit) {
    throw new CliError(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${limit}, use --max-log-requests to increase the limit`,
    );
  }
  if (follow && sources.length > 1) await Promise.all(sources.map((source) => printSource(context, source)));
  else for (const source of sources) await printSource(context, source);
}

function checkFlags({ args, flags, path }: Context): void {
  const container = flags.string('container');
  if (args.length > 2)
    throw usageError(
      path,
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
    );
  if (args.length === 2 && container !== '')
    throw new CliError('only one of -c or an inline [CONTAINER] arg is allowed');
  if (flags.bool('all-containers') && (container !== '' || args.length === 2))
    throw new CliError(
      `--all-containers=true should not be specified with container name ${container || (args[1] ?? '')}`,
    );
  if (flags.int('limit-bytes') < 0) throw new CliError('--limit-bytes must be greater than 0');
  if (flags.duration('pod-running-timeout') <= 0) throw new CliError('--pod-running-timeout must be higher than zero');
  const since = flags.string('since-time');
  if (since !== '' && parseTime(since) === undefined)
    throw new CliError(
      `parsing time ${goQuote(since)} as "2006-01-02T15:04:05Z07:00": cannot parse ${goQuote(since)} as "2006"`,
    );
}

async function sourcesOf(
  context: Context,
  word: string | undefined,
  container: string,
  selector: string,
): Promise<LogSource[]> {
  if (word === undefined) return selectedSources(context, selector, container);
  try {
    if (word.includes('/') && context.flags.bool('all-pods')) {
      const resource = await discoveryOf(context).find(word.split('/')[0] ?? '');
      const named = { resource, namespace: context.namespace, name: word.split('/')[1] ?? '' };
      const object = await namedObject(context.server, named);
      return await selectedSources(context, selectorOf(resource, object), container);
    }
    const { resource, pod } = await choosePod(context, word, true, 'get the logs from');
    return containersOf(context, pod, container).map((name) => ({ resource, pod, container: name }));
  } catch (error) {
    if (hasReason(error, 'NotFound')) {
      throw new CliError(
        `error from server (NotFound): ${error.message} in namespace ${JSON.stringify(context.namespace)}`,
      );
    }
    throw error;
  }
}

async function selectedSources(context: Context, selector: string, container: string): Promise<LogSource[]> {
  const resource = await discoveryOf(context).find('pods');
  const answer = await context.server.json('GET', pathTo(resource, context.namespace), {
    query: { labelSelector: selector },
  });
  return list(answer, 'items').flatMap((pod) =>
    containersOf(context, pod, container).map((name) => ({ resource, pod, container: name })),
  );
}

function containersOf(context: Context, pod: Obj, wanted: string): string[] {
  if (context.flags.bool('all-containers')) return containerNames(pod);
  if (wanted === '') return [defaultContainer(context, pod)];
  if (!containerNames(pod).includes(wanted))
    throw new CliError(`container ${wanted} is not valid for pod ${nameOf(pod)}`);
  return [wanted];
}

function queryOf(context: Context, container: string): Readonly<Record<string, string | undefined>> {
  const { flags } = context;
  const since = flags.string('since') === '' ? 0 : parseDuration(flags.string('since'));
  const tail = flags.changed('tail') ? flags.int('tail') : flags.string('selector') !== '' ? 10 : -1;
  return {
    container,
    follow: flags.bool('follow') ? 'true' : undefined,
    previous: flags.bool('previous') ? 'true' : undefined,
    timestamps: flags.bool('timestamps') ? 'true' : undefined,
    tailLines: tail < 0 ? undefined : String(tail),
    sinceSeconds: since === 0 ? undefined : String(Math.ceil(since / SECOND)),
    sinceTime: flags.string('since-time') === '' ? undefined : flags.string('since-time'),
    limitBytes: flags.int('limit-bytes') > 0 ? flags.string('limit-bytes') : undefined,
  };
}

async function printSource(context: Context, source: LogSource): Promise<void> {
  const allPods = context.flags.bool('all-pods') && !context.flags.changed('prefix');
  const prefix = context.flags.bool('prefix') || allPods ? `[pod/${nameOf(source.pod)}/${source.container}] ` : '';
  const namespace = namespaceOf(source.pod) || context.namespace;
  const path = pathTo(source.resource, namespace, nameOf(source.pod), 'log');
  const done = streamLog(
    context,
    path,
    queryOf(context, source.container),
    linePrefixer(prefix, (text) => context.out(text)),
  );
  if (!context.flags.bool('ignore-errors')) return done;
  return done.catch((error: unknown) => context.err(`error: ${asError(error).message}\n`));
}

function linePrefixer(prefix: string, out: (text: string) => void): (text: string) => void {
  if (prefix === '') return out;
  let start = true;
  return (text) => {
    let done = '';
    for (const part of text.split(/(?<=\n)/)) {
      done += `${start ? prefix : ''}${part}`;
      start = part.endsWith('\n');
    }
    out(done);
  };
}
