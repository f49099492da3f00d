import type { Node } from '../../api/types.gen.ts';
import { conditionOf } from '../../api/conditions.ts';
import { formatTaint } from '../../api/taints.ts';
import { parseDuration } from '../../lib/duration.ts';
import { MINUTE, SECOND } from '../../sim/env.ts';
import { Cluster, isReady, podsOf, readyNodes } from '../cluster.ts';
import type { GodView } from '../god-view.ts';
import { InvariantChecks } from '../invariants/index.ts';

/** What a scenario can wait for: a line, so that a lesson reads like one. */
const conditions: Readonly<Record<string, (view: GodView, words: readonly string[]) => boolean>> = {
  'ready-nodes': (view, [count]) => readyNodes(view).length === Number(count),
  'ready-pods': (view, [count]) => podsOf(view, 'default').filter(isReady).length === Number(count),
  pods: (view, [count]) => podsOf(view, 'default').length === Number(count),
  'not-ready': (view, [node = '']) => !readyNodes(view).includes(node),
  evicted: (view, [node = '']) =>
    podsOf(view, 'default').every((pod) => pod.spec.nodeName !== node || pod.metadata.deletionTimestamp !== undefined),
};

/**
 * One cluster that a transcript acts on. Commands: `boot SEED`, `kubectl …`, `ssh …`, `etcdctl …` (typed on the laptop), `save FILE`
 * (what follows), `fault …`, `run 60s`, `wait CONDITION … within 90s`, `visit URL`, `node NAME` (its Ready condition and taints) and
 * `invariants`.
 */
export class Scenario {
  #cluster: Cluster | undefined;
  readonly #checks = new InvariantChecks();

  async run(command: string, words: readonly string[], input: string): Promise<string> {
    if (command === 'boot') return this.#boot(Number(words[0] ?? 1));
    const cluster = this.#cluster;
    if (cluster === undefined) throw new Error('boot comes first');
    switch (command) {
      case 'kubectl':
      case 'ssh':
      case 'etcdctl':
      case 'for':
      case 'grep':
      case 'scp':
      case 'sh':
        return cluster.type([command, ...words].join(' '), 5 * MINUTE);
      case 'save':
        await cluster.save(words[0] ?? '', `${input}\n`);
        return '';
      case 'fault':
        cluster.fault(words.join(' '));
        return '';
      case 'run':
        await cluster.runFor(parseDuration(words[0] ?? ''));
        return '';
      case 'wait':
        return this.#wait(cluster, words);
      case 'visit':
        return visitText(await cluster.visit(words[0] ?? ''));
      case 'node':
        return nodeText(cluster.view.get<Node>(`/registry/minions/${words[0] ?? ''}`));
      case 'invariants':
        return this.#checks.violations.map(({ invariant, text }) => `${invariant}: ${text}`).join('\n') || 'all hold';
      default:
        throw new Error(`unknown command ${command}`);
    }
  }

  async #boot(seed: number): Promise<string> {
    this.#cluster = new Cluster({ seed, onTrace: (events) => this.#checks.see(events) });
    const ready = await this.#cluster.boot();
    // The balancer passes its first checks before people type.
    await this.#cluster.runFor(5 * SECOND);
    return ready ? readyNodes(this.#cluster.view).join(' ') : 'not every node became Ready';
  }

  async #wait(cluster: Cluster, words: readonly string[]): Promise<string> {
    const within = words.indexOf('within');
    const [name = '', ...args] = words.slice(0, within);
    const holds = conditions[name];
    if (within < 0 || holds === undefined)
      throw new Error(`wait for one of ${Object.keys(conditions).join(', ')} … within 60s`);
    const from = cluster.now;
    const came = await cluster.runUntil((view) => holds(view, args), parseDuration(words[within + 1] ?? ''));
    return came ? `after ${Math.round((cluster.now - from) / SECOND)} s` : 'did not come';
  }
}

function visitText(visit: GodView['visits'][number] | undefined): string {
  if (visit === undefined) return 'no answer';
  if (visit.status === undefined) return visit.error ?? '';
  return `${visit.status} ${/<title>(.*?)<\/title>/.exec(visit.body ?? '')?.[1] ?? ''}`.trimEnd();
}

function nodeText(node: Node | undefined): string {
  if (node === undefined) return 'no such node';
  const ready = conditionOf(node.status?.conditions, 'Ready');
  const taints = (node.spec.taints ?? []).map(formatTaint);
  return [`Ready=${ready?.status ?? ''} ${ready?.reason ?? ''}: ${ready?.message ?? ''}`, ...taints].join('\n');
}
