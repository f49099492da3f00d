import { memo, type ReactNode } from 'react';
import type { Hue } from '../../graph/flights.ts';
import type { PodShape } from '../../stores/pods.ts';
import css from './map.module.css';
import { PodMark } from './pod-squares.tsx';

const HUES: readonly (readonly [Hue, string])[] = [
  ['raft', 'Raft'],
  ['api', 'API'],
  ['watch', 'watch'],
  ['kubelet', 'kubelet'],
  ['pod', 'pods'],
  ['dns', 'DNS'],
  ['cloud', 'images'],
];
const SHAPES: readonly (readonly [PodShape, string])[] = [
  ['running', 'Running'],
  ['pending', 'Pending'],
  ['crash', 'crashing'],
  ['terminating', 'Terminating'],
  ['unknown', 'unknown'],
];

export const Legend = memo(function Legend(): ReactNode {
  return (
    <div className={css.legend}>
      {HUES.map(([hue, word]) => (
        <span key={hue}>
          <svg viewBox="0 0 11 11">
            {hue === 'cloud' ? (
              <path
                d="M5.5 .7l4.8 4.8-4.8 4.8L.7 5.5Z"
                fill={`var(--${hue})`}
                stroke={`var(--${hue}-edge)`}
                strokeWidth={1.2}
              />
            ) : (
              <circle cx={5.5} cy={5.5} r={4} fill={`var(--${hue})`} stroke={`var(--${hue}-edge)`} strokeWidth={1.3} />
            )}
          </svg>
          {word}
        </span>
      ))}
      <i />
      <span>
        <svg viewBox="0 0 11 11">
          <circle cx={5.5} cy={5.5} r={3.8} fill="var(--ink-2)" />
        </svg>
        request
      </span>
      <span>
        <svg viewBox="0 0 11 11">
          <circle cx={5.5} cy={5.5} r={3.4} fill="var(--raised)" stroke="var(--ink-2)" strokeWidth={2.2} />
        </svg>
        answer
      </span>
      <i />
      {SHAPES.map(([shape, word]) => (
        <span key={shape}>
          <svg viewBox="0 0 14 14">
            <PodMark shape={shape} size={14} />
          </svg>
          {word}
        </span>
      ))}
    </div>
  );
});
