import type { Command, Context } from '../../command.ts';
import { ALL_NAMESPACES_FLAG } from '../../common-flags.ts';
import { asError } from '../../errors.ts';
import { list, nameOf, str } from '../../object.ts';
import { OBJECT_FORMATS, objectPrinter, OUTPUT_FLAGS } from '../../output.ts';
import type { Obj } from '../../server.ts';

/** What is dumped of each namespace, in this order: the file's name and where the objects are. */
const PARTS: readonly (readonly [string, string])[] = [
  ['events', '/api/v1/namespaces/NS/events'],
  ['replication-controllers', '/api/v1/namespaces/NS/replicationcontrollers'],
  ['services', '/api/v1/namespaces/NS/services'],
  ['daemonsets', '/apis/apps/v1/namespaces/NS/daemonsets'],
  ['deployments', '/apis/apps/v1/namespaces/NS/deployments'],
  ['replicasets', '/apis/apps/v1/namespaces/NS/replicasets'],
  ['pods', '/api/v1/namespaces/NS/pods'],
];

/** Models pkg/cmd/clusterinfo/clusterinfo_dump.go. */
export const dump: Command = {
  name: 'dump',
  short: 'Dump relevant information for debugging and diagnosis',
  usage: '[flags]',
  examples: [
    'kubectl cluster-info dump',
    'kubectl cluster-info dump --namespaces=default,kube-system --output-directory=/tmp/state',
  ],
  flags: [
    ...OUTPUT_FLAGS.map((flag) => (flag.name === 'output' ? { ...flag, fallback: 'json' } : flag)),
    ALL_NAMESPACES_FLAG,
    { name: 'namespaces', type: 'slice', usage: 'The namespaces to dump.' },
    { name: 'output-directory', type: 'string', usage: 'Where files are written; empty or -: to standard output.' },
    { name: 'pod-running-timeout', type: 'duration', fallback: '20s', usage: 'How long to wait for a pod.' },
  ],
  async run(context) {
    const write = writerOf(context);
    await write.list('nodes', '/api/v1/nodes');
    for (const namespace of await namespacesOf(context)) {
      let pods: Obj = {};
      for (const [name, path] of PARTS) pods = await write.list(`${namespace}/${name}`, path.replace('NS', namespace));
      for (const pod of list(pods, 'items'))
        write.text(`${namespace}/${nameOf(pod)}/logs.txt`, await logsOf(context, namespace, pod));
    }
    const directory = directoryOf(context);
    if (directory !== '') context.out(`Cluster info dumped to ${directory}\n`);
  },
};

function directoryOf({ flags }: Context): string {
  const directory = flags.string('output-directory');
  return directory === '-' ? '' : directory;
}

async function namespacesOf(context: Context): Promise<readonly string[]> {
  if (context.flags.bool('all-namespaces'))
    return list(await context.server.json('GET', '/api/v1/namespaces'), 'items').map(nameOf);
  const given = context.flags.list('namespaces');
  return given.length === 0 ? ['kube-system', context.namespace] : given;
}

interface DumpWriter {
  /** Prints the list at a path, and gives it. */
  list(name: string, path: string): Promise<Obj>;
  text(name: string, text: string): void;
}

function writerOf(context: Context): DumpWriter {
  const directory = directoryOf(context);
  const extension = { json: '.json', yaml: '.yaml' }[context.flags.string('output')] ?? '.txt';
  const text = (name: string, content: string): void => {
    if (directory === '') return context.out(content);
    const path = `${directory}/${name}`;
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      if (parent !== '') context.io.files.makeDirectory?.(parent);
    }
    context.io.files.write(path, content);
  };
  let shown = '';
  const printer = objectPrinter({ ...context, out: (piece) => (shown += piece) }, OBJECT_FORMATS, false);
  return {
    async list(name, path) {
      const found = await context.server.json('GET', path);
      shown = '';
      // As typed clients list: each item's kind is known, and not said.
      printer?.print({ ...found, items: list(found, 'items').map(({ apiVersion: _, kind: __, ...item }) => item) });
      printer?.flush();
      text(`${name}${extension}`, shown);
      return found;
    },
    text,
  };
}

async function logsOf(context: Context, namespace: string, pod: Obj): Promise<string> {
  let text = '';
  for (const container of [...list(pod, 'spec', 'initContainers'), ...list(pod, 'spec', 'containers')]) {
    const name = str(container, 'name');
    const title = `logs for container ${name} of pod ${namespace}/${nameOf(pod)} ====\n`;
    const path = `/api/v1/namespaces/${namespace}/pods/${nameOf(pod)}/log`;
    const log = await context.server
      .call('GET', path, { query: { container: name }, accept: '*/*' })
      .then(({ body }) => body)
      .catch((error: unknown) => `Request log error: ${asError(error).message}\n`);
    text += `==== START ${title}${log}==== END ${title}`;
  }
  return text;
}
