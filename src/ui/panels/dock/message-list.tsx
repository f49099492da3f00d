import { useMemo, useState, type ReactNode } from 'react';
import { hueOf } from '../../graph/flights.ts';
import { instant, span } from '../../graph/time-text.ts';
import type { Message } from '../../stores/history.ts';
import { nameOfProcess } from '../../stores/leaders.ts';
import { countUntil } from '../../stores/ring.ts';
import { useSlowTick } from '../../stores/use-world.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { useView } from '../../stores/view-store.ts';
import { hostOf } from '../../stores/world.ts';
import css from './dock.module.css';

const SHOWN = 120;

/** Without a choice: what goes from one machine to another. */
function isWanted(message: Message, only: string): boolean {
  return only === ''
    ? hostOf(message.from) !== hostOf(message.to)
    : (message.label?.protocol ?? message.protocol) === only;
}

/** The newest messages between machines: who told whom what, and what became of it. */
export function MessageList(): ReactNode {
  const tick = useSlowTick(8);
  const playhead = useView((view) => view.playhead);
  const [only, setOnly] = useState('');
  const { world, history } = useTrace.getState().model;
  const rows = useMemo(() => {
    const { items } = history.messages;
    const upTo = playhead === undefined ? items.length : countUntil(items, playhead);
    const found = [];
    for (let i = upTo - 1; i >= 0 && found.length < SHOWN; i--) {
      const message = items[i];
      if (message !== undefined && isWanted(message, only)) found.push(message);
    }
    return found;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- rings are mutable: the tick tells that they changed
  }, [history, tick, only, playhead]);
  return (
    <div className={css.scroll} tabIndex={0} role="region" aria-label="messages">
      <table className={`${css.list} ${css.oneLine}`}>
        <thead>
          <tr>
            <th>sent</th>
            <th>took</th>
            <th>from</th>
            <th>to</th>
            <th>
              <select aria-label="protocol" value={only} onChange={(event) => setOnly(event.target.value)}>
                <option value="">between machines</option>
                {['raft', 'etcd', 'api', 'watch', 'kubelet', 'cri', 'pod', 'dns', 'cloud'].map((protocol) => (
                  <option key={protocol}>{protocol}</option>
                ))}
              </select>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((message) => {
            const hue = hueOf(message.label?.protocol ?? message.protocol, hostOf(message.from), hostOf(message.to));
            const ring = message.label?.shape === 'answer';
            return (
              <tr key={`${message.connection} ${message.from} ${message.packet}`}>
                <td>
                  <time>{instant(message.at)}</time>
                </td>
                <td className={css.mono}>
                  {message.dropped !== undefined ? (
                    <span className={css.lost}>{message.dropped.why}</span>
                  ) : message.arrives === undefined ? (
                    '…'
                  ) : (
                    span(message.arrives - message.at)
                  )}
                </td>
                <td>{nameOfProcess(world, message.from)}</td>
                <td>{nameOfProcess(world, message.to)}</td>
                <td>
                  <i
                    className={`${css.hue} ${ring ? css.ring : ''}`}
                    style={{ background: `var(--${hue})`, borderColor: `var(--${hue}-edge)` }}
                  />
                  {message.label?.text ?? message.protocol} <span className={css.mono}>{message.bytes} B</span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
