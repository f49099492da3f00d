import { useMemo, type ReactNode } from 'react';
import { evictionOf, stepsBetween } from '../../graph/eviction.ts';
import type { Subject } from '../../graph/subject.ts';
import { duration, instant } from '../../graph/time-text.ts';
import { brief, stepsOf, type Step } from '../../graph/why.ts';
import { useRun } from '../../session/control.ts';
import { COMPONENTS } from '../../stores/leaders.ts';
import { useTick, useWorld } from '../../stores/use-world.ts';
import { useTrace } from '../../stores/trace-store.ts';
import css from './inspector.module.css';
import { ComponentFacts, MachineFacts } from './facts.tsx';
import { Verdicts } from './verdicts.tsx';

/** The answer first, then the chain of causes. */
export function WhyTab({ subject }: { readonly subject: Subject }): ReactNode {
  if (subject.target.kind === 'machine') return <MachineWhy subject={subject} />;
  if (subject.target.kind === 'component') return <ComponentFacts subject={subject} />;
  if (subject.key === undefined) return <p className={css.empty}>Nothing is stored about it.</p>;
  return <ObjectWhy subject={subject} objectKey={subject.key} />;
}

function MachineWhy({ subject }: { readonly subject: Subject }): ReactNode {
  return (
    <>
      <MachineFacts subject={subject} />
      {subject.key !== undefined && <ObjectWhy subject={subject} objectKey={subject.key} />}
    </>
  );
}

function ObjectWhy({ subject, objectKey }: { readonly subject: Subject; readonly objectKey: string }): ReactNode {
  const world = useWorld('objects', 'machines');
  const tick = useTick('objects', 'machines', 'faults');
  const history = useTrace((state) => state.model.history);
  const epoch = useRun((run) => run.options.recording?.epoch ?? run.options.epoch);
  const eviction = subject.target.kind === 'pod' ? evictionOf(world, subject.stored, subject.host, epoch) : undefined;
  const steps = useMemo(() => {
    const own = stepsOf(history, objectKey, subject.uid, world.now);
    const faults = subject.host === undefined ? [] : stepsBetween(history, subject.host, own[0]?.at ?? 0, world.now);
    return [...own, ...faults].sort((a, b) => a.at - b.at);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the history is mutable: the tick tells that it changed
  }, [history, objectKey, subject, tick]);
  return (
    <>
      {eviction !== undefined && (
        <section className={css.now}>
          <p>
            <b>{eviction.title}</b> {eviction.text}
            {eviction.at !== undefined && <b className={css.count}>{duration(eviction.at - world.now)}</b>}
          </p>
          {eviction.share !== undefined && (
            <div
              className={css.meter}
              style={{ '--share': `${(eviction.share * 100).toFixed(1)}%` } as React.CSSProperties}
            />
          )}
          <p className={css.asideText}>{eviction.note}</p>
        </section>
      )}
      {steps.length === 0 && <p className={css.empty}>No write of it has been seen.</p>}
      <ol className={css.chain}>
        {steps.map((step) => (
          <li key={step.key} className={step.by === 'program' ? '' : css[step.by]}>
            <StepLine step={step} about={subject.title} />
            {step.schedule !== undefined && <Verdicts schedule={step.schedule} />}
          </li>
        ))}
        {eviction?.at !== undefined && (
          <li className={css.next}>
            <p>
              <span>
                <b>taint eviction</b> deletes this Pod
              </span>
              <time>{instant(eviction.at)}</time>
            </p>
          </li>
        )}
      </ol>
    </>
  );
}

/** Who did it stands out: the first words of the text if they name a component or a kind, else the program's name. */
function StepLine({ step, about }: { readonly step: Step; readonly about: string }): ReactNode {
  const world = useTrace((state) => state.model.world);
  const program = step.source === undefined ? undefined : world.processes.get(step.source)?.program;
  const name = program === undefined ? undefined : (COMPONENTS[program] ?? program);
  const text = brief(step.text, about);
  const strong =
    step.by === 'program' ? /^([a-z-]+-controller|kubelet|scheduler|[A-Z]\w+)\b/.exec(text)?.[0] : undefined;
  return (
    <p>
      <span
        className={text.startsWith('you typed ') ? css.typed : undefined}
        title={name === undefined ? step.text : `${step.source}: ${step.text}`}
      >
        {strong === undefined && step.by === 'program' && name !== undefined && <b>{name} </b>}
        {strong !== undefined && <b>{strong}</b>}
        {text.startsWith('you typed ') ? (
          <>
            you typed <code>{text.slice(10)}</code>
          </>
        ) : (
          text.slice(strong?.length ?? 0)
        )}
        {step.revision !== undefined && <i>rv {step.revision}</i>}
      </span>
      <time>{instant(step.at)}</time>
    </p>
  );
}
