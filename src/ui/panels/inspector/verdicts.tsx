import type { ReactNode } from 'react';
import type { SchedulerVerdict } from '../../../sim/trace.ts';
import type { Schedule } from '../../stores/world.ts';
import css from './inspector.module.css';

/** Short names for the columns: a plugin's own name is in the title. */
const SHORT: Readonly<Record<string, string>> = {
  NodeResourcesFit: 'Fit',
  NodeResourcesBalancedAllocation: 'Balance',
  PodTopologySpread: 'Spread',
  ImageLocality: 'Image',
  TaintToleration: 'Taints',
  NodeAffinity: 'Affinity',
  InterPodAffinity: 'Pods',
};

const MOST = 12;

/** Every node and plugin: who was ruled out by whom, who got which score. */
export function Verdicts({ schedule }: { readonly schedule: Schedule }): ReactNode {
  const passed = schedule.verdicts.filter((verdict) => verdict.rejectedBy === undefined);
  const plugins = [...new Set(passed.flatMap((verdict) => Object.keys(verdict.scores ?? {})))].filter(
    (plugin) => SHORT[plugin] !== undefined || passed.some((verdict) => (verdict.scores?.[plugin] ?? 0) !== 0),
  );
  const shown =
    passed.length > MOST ? [...passed].sort((a, b) => (b.total ?? 0) - (a.total ?? 0)).slice(0, MOST) : passed;
  return (
    <table className={css.verdicts}>
      {shown.length > 0 && (
        <thead>
          <tr>
            <th>node</th>
            {plugins.map((plugin) => (
              <th key={plugin} title={plugin}>
                {SHORT[plugin] ?? plugin}
              </th>
            ))}
            <th>sum</th>
          </tr>
        </thead>
      )}
      <tbody>
        {shown.map((verdict) => (
          <tr key={verdict.node} className={verdict.node === schedule.node ? css.won : ''}>
            <th>{verdict.node}</th>
            {plugins.map((plugin) => (
              <td key={plugin}>{verdict.scores?.[plugin] ?? 0}</td>
            ))}
            <td>{verdict.total}</td>
          </tr>
        ))}
        {rejections(schedule.verdicts).map(({ nodes, text }) => (
          <tr key={text} className={css.out}>
            <th title={nodes.join(', ')}>{together(nodes)}</th>
            <td colSpan={plugins.length + 1}>{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function rejections(verdicts: readonly SchedulerVerdict[]): { readonly text: string; readonly nodes: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { node, rejectedBy } of verdicts) {
    if (rejectedBy === undefined) continue;
    const text = `${rejectedBy.plugin}: ${rejectedBy.reason}`;
    groups.set(text, [...(groups.get(text) ?? []), node]);
  }
  return [...groups].map(([text, nodes]) => ({ text, nodes }));
}

/** `cp-1, 2, 3` */
function together(nodes: readonly string[]): string {
  const [first = ''] = nodes;
  const prefix = /^(.*?)\d+$/.exec(first)?.[1] ?? '';
  if (prefix === '' || nodes.length > 5 || !nodes.every((node) => node.startsWith(prefix)))
    return nodes.length > 3 ? `${nodes.length} nodes` : nodes.join(', ');
  return [first, ...nodes.slice(1).map((node) => node.slice(prefix.length))].join(', ');
}
