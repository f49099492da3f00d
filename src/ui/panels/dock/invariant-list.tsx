import type { ReactNode } from 'react';
import { instant } from '../../graph/time-text.ts';
import { invariants } from '../../../cluster/invariants/index.ts';
import { useSlowTick } from '../../stores/use-world.ts';
import { useTrace } from '../../stores/trace-store.ts';
import css from './dock.module.css';

/** What must always hold, checked by the page on every record it sees. */
export function InvariantList(): ReactNode {
  useSlowTick(10);
  const { broken } = useTrace.getState().model.checks;
  return (
    <div className={css.scroll} tabIndex={0} role="region" aria-label="invariants">
      <table className={css.list}>
        <tbody>
          {invariants.map((invariant) => {
            const failure = broken.get(invariant.name);
            return (
              <tr key={invariant.name}>
                <td className={failure === undefined ? css.holds : css.fails}>
                  {failure === undefined ? 'holds' : `broken at ${instant(failure.at)}`}
                </td>
                <td>
                  <b>{invariant.name}</b>
                </td>
                <td>{failure?.text ?? invariant.says}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
