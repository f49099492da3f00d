import { memo, useMemo, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { Icon } from '../../app/icons.tsx';
import { FAULTS } from '../../graph/fault-kinds.ts';
import { instant, mark } from '../../graph/time-text.ts';
import { lanesOf, phaseAreas, scaleOf, type Scale } from '../../graph/timeline-lanes.ts';
import { control } from '../../session/control.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { useView } from '../../stores/view-store.ts';
import css from './timeline.module.css';

/** The whole run at a glance. Looking back costs nothing: the page re-projects what it has recorded. */
export function Timeline(): ReactNode {
  const now = useTrace((state) => state.status.now);
  const scale = useMemo(() => scaleOf(now), [now]);
  return (
    <section className={css.timeline} aria-label="timeline">
      <Axis end={scale.end} step={scale.step} />
      <Lanes end={scale.end} second={Math.floor(now / 250_000)} />
      <Heads scale={scale} now={now} />
    </section>
  );
}

const percent = (at: number, end: number): string => `${((at / end) * 100).toFixed(3)}%`;

const Axis = memo(function Axis({ end, step }: { readonly end: number; readonly step: number }): ReactNode {
  const marks: number[] = [];
  for (let at = 0; at < end; at += step) marks.push(at);
  return (
    <div className={css.lane}>
      <span className={css.name} />
      <div className={css.track}>
        {marks.map((at) => (
          <span key={at} className={css.tick} style={{ left: percent(at, end) }}>
            {mark(at)}
          </span>
        ))}
      </div>
    </div>
  );
});

const TERM = [css.t0, css.t1, css.t2, css.t3];

/** Redrawn four times per second of virtual time at most. */
const Lanes = memo(function Lanes({ end }: { readonly end: number; readonly second: number }): ReactNode {
  const { model, status } = useTrace.getState();
  const lanes = lanesOf(model.history, status.now, end);
  const areas = phaseAreas(model.phases, status.now, end);
  return (
    <>
      <Lane name="faults">
        {lanes.faults.map((span) => {
          const kind = FAULTS.find((fault) => fault.name === span.verb);
          return (
            <span
              key={`${span.id} ${span.at}`}
              className={css.fault}
              title={span.text}
              style={{ left: percent(span.at, end), width: percent(span.until - span.at, end) }}
            >
              {kind !== undefined && <Icon name={kind.icon} />}
              {span.roomy ? span.text : ''}
            </span>
          );
        })}
      </Lane>
      <Lane name="elections">
        {lanes.elections.map((span) => (
          <span
            key={`${span.term} ${span.at}`}
            className={`${css.term} ${TERM[span.term % 4]}`}
            title={`term ${span.term}, ${span.host}`}
            style={{ left: percent(span.at, end), width: percent(span.until - span.at, end) }}
          >
            {span.label}
          </span>
        ))}
      </Lane>
      <Lane name="writes">
        <svg className={`${css.spark} ${css.writes}`} viewBox="0 0 360 16" preserveAspectRatio="none">
          {lanes.writes.map((bar) => (
            <rect key={bar.x} x={bar.x} y={16 - bar.height} width={1.44} height={bar.height} />
          ))}
        </svg>
      </Lane>
      <Lane name="pod phases" tall>
        <svg className={css.spark} viewBox="0 0 360 16" preserveAspectRatio="none">
          {areas.map((area) => (
            <path key={area.shape} className={css[area.shape]} d={area.path} />
          ))}
        </svg>
      </Lane>
    </>
  );
});

function Lane({
  name,
  tall,
  children,
}: {
  readonly name: string;
  readonly tall?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={`${css.lane} ${tall === true ? css.tall : ''}`}>
      <span className={css.name}>{name}</span>
      <div className={css.track}>{children}</div>
    </div>
  );
}

/** The playhead, and where the present is. Dragging or the arrow keys look back. */
function Heads({ scale, now }: { readonly scale: Scale; readonly now: number }): ReactNode {
  const playhead = useView((view) => view.playhead);
  const set = useView((view) => view.set);
  const at = playhead ?? now;
  const go = (to: number): void => {
    const inside = Math.max(0, Math.round(to));
    set({ playhead: inside >= now ? undefined : inside });
  };
  const scrub = (event: PointerEvent<HTMLElement>): void => {
    if (event.type === 'pointerdown') {
      event.currentTarget.setPointerCapture(event.pointerId);
      if (useTrace.getState().status.running) void control.pause();
    } else if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = event.currentTarget.getBoundingClientRect();
    go(((event.clientX - box.left) / box.width) * scale.end);
  };
  const key = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 10_000_000 : 500_000;
    const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: now }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (useTrace.getState().status.running) void control.pause();
    go(to);
  };
  return (
    <>
      <div
        className={css.heads}
        role="slider"
        tabIndex={0}
        aria-label="playhead"
        aria-valuemin={0}
        aria-valuemax={Math.round(now / 1_000)}
        aria-valuenow={Math.round(at / 1_000)}
        aria-valuetext={instant(at)}
        onPointerDown={scrub}
        onPointerMove={scrub}
        onKeyDown={key}
      >
        <i className={css.future} style={{ left: percent(now, scale.end) }} />
        {playhead !== undefined && (
          <span className={`${css.head} ${css.present}`} style={{ left: percent(now, scale.end) }} />
        )}
        <span
          className={`${css.head} ${at > scale.end * 0.9 ? css.flip : ''}`}
          style={{ left: percent(at, scale.end) }}
        >
          <b>{instant(at)}</b>
        </span>
      </div>
      {playhead !== undefined && (
        <button type="button" className={css.back} onClick={() => set({ playhead: undefined })}>
          back to now
        </button>
      )}
    </>
  );
}
