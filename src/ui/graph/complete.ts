import { KINDS } from '../../api/scheme.ts';
import { partsOfKey } from '../stores/parse.ts';
import type { World } from '../stores/world.ts';

export interface Completion {
  /** What can be added for sure. */
  readonly insert: string;
  readonly choices: readonly string[];
}

const COMMANDS = ['cat', 'clear', 'crictl', 'etcdctl', 'fault', 'help', 'kubectl', 'ls', 'ssh'];
const VERBS = [
  'annotate',
  'api-resources',
  'apply',
  'cordon',
  'create',
  'delete',
  'describe',
  'drain',
  'edit',
  'exec',
  'expose',
  'get',
  'label',
  'logs',
  'patch',
  'rollout',
  'run',
  'scale',
  'set',
  'taint',
  'uncordon',
  'version',
  'wait',
];
const ROLLOUT = ['history', 'pause', 'restart', 'resume', 'status', 'undo'];
const CREATE = ['configmap', 'deployment', 'namespace', 'secret', 'service', 'serviceaccount'];
const FAULTS = [
  'clock-skew',
  'corrupt',
  'duplicate',
  'full-disk',
  'heal',
  'kill',
  'latency',
  'loss',
  'partition',
  'pause',
  'power-off',
  'power-on',
  'slow',
  'slow-disk',
  'torn-write',
];
const FLAGS = [
  '--all-namespaces',
  '--field-selector=',
  '--filename=',
  '--follow',
  '--namespace=',
  '--output=',
  '--replicas=',
  '--selector=',
  '--show-labels',
  '--sort-by=',
  '--watch',
];
const OUTPUTS = ['json', 'jsonpath=', 'name', 'wide', 'yaml', 'custom-columns='];
/** Verbs whose first word names an object without its kind. */
const ON_PODS = new Set(['logs', 'exec']);
const ON_NODES = new Set(['cordon', 'uncordon', 'drain']);

/** Completes the word before the cursor from what is known to the page: no request is made. */
export function completeLine(before: string, world: World): Completion {
  const words = before.split(/\s+/);
  const word = words.at(-1) ?? '';
  const found = candidates(words, word, world)
    .filter((candidate) => candidate.startsWith(word))
    .sort();
  const [first] = found;
  if (first === undefined) return { insert: '', choices: [] };
  if (found.length === 1)
    return { insert: first.slice(word.length) + (/[=/]$/.test(first) ? '' : ' '), choices: found };
  return { insert: commonPrefix(found).slice(word.length), choices: found };
}

function candidates(words: readonly string[], word: string, world: World): readonly string[] {
  const [command = '', ...rest] = words;
  if (words.length <= 1) return COMMANDS;
  switch (command) {
    case 'kubectl':
    case 'k':
      return kubectl(rest, word, world);
    case 'fault':
      return rest.length === 1 ? FAULTS : [...world.machines.keys()];
    case 'ssh':
      return rest.length === 1 ? [...world.machines.keys()] : [];
    default:
      return [];
  }
}

function kubectl(words: readonly string[], word: string, world: World): readonly string[] {
  const previous = words.at(-2) ?? '';
  if (previous === '-n' || previous === '--namespace') return names(world, 'namespaces');
  if (previous === '-o' || previous === '--output') return OUTPUTS;
  if (word.startsWith('-')) return FLAGS;
  const plain = plainWords(words);
  const [verb = ''] = plain;
  if (plain.length <= 1) return VERBS;
  if (verb === 'rollout' && plain.length === 2) return ROLLOUT;
  if (verb === 'create' && plain.length === 2) return CREATE;
  const namespace = namespaceOf(words);
  if (ON_PODS.has(verb)) return names(world, 'pods', namespace);
  if (ON_NODES.has(verb)) return names(world, 'nodes');
  const at = verb === 'rollout' || verb === 'set' ? 2 : 1;
  const kind = plain[at] ?? '';
  if (plain.length === at + 1) {
    const slash = kind.indexOf('/');
    if (slash < 0) return KINDS.flatMap((one) => [one.plural, ...one.shortNames]);
    const resource = resourceOf(kind.slice(0, slash));
    return resource === undefined
      ? []
      : names(world, resource, namespace).map((name) => `${kind.slice(0, slash)}/${name}`);
  }
  const resource = resourceOf(kind);
  return resource === undefined ? [] : names(world, resource, namespace);
}

/** The words that are neither flags nor their values. */
function plainWords(words: readonly string[]): string[] {
  return words.filter(
    (word, i) =>
      !word.startsWith('-') &&
      !/^(-n|-o|-l|-f|-c|--namespace|--output|--selector|--filename)$/.test(words[i - 1] ?? ''),
  );
}

function namespaceOf(words: readonly string[]): string | undefined {
  if (words.includes('-A') || words.includes('--all-namespaces')) return undefined;
  const at = words.findIndex((word) => word === '-n' || word === '--namespace');
  return at < 0
    ? (words.find((word) => word.startsWith('--namespace='))?.slice(12) ?? 'default')
    : (words[at + 1] ?? 'default');
}

function resourceOf(word: string): string | undefined {
  const kind = KINDS.find((one) => one.plural === word || one.singular === word || one.shortNames.includes(word));
  return kind?.plural;
}

function names(world: World, resource: string, namespace?: string): string[] {
  const namespaced = KINDS.find((kind) => kind.plural === resource)?.namespaced === true;
  const found = new Set<string>();
  for (const key of world.objects.keys()) {
    const parts = partsOfKey(key);
    if (parts.resource === resource && (!namespaced || namespace === undefined || parts.namespace === namespace))
      found.add(parts.name);
  }
  return [...found];
}

function commonPrefix(words: readonly string[]): string {
  const [first = ''] = words;
  let length = first.length;
  for (const word of words) while (!word.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}
