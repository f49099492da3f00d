import type { ReactNode } from 'react';

/** Drawn on a grid of 16 with a stroke of 1.4. */
const PATHS = {
  power: 'M8 2.5v5|M4.6 4.6a4.8 4.8 0 1 0 6.8 0',
  kill: 'M13.5 8A5.5 5.5 0 1 1 2.5 8a5.5 5.5 0 0 1 11 0Z|m6 6 4 4m0-4-4 4',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3v10l8-5-8-5Z',
  partition:
    'M2.5 5h2a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1h-2a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Z|M11.5 5h2a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1h-2a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Z|M8 2v2.4M8 6.8v2.4M8 11.6V14',
  latency: 'M12.9 8.8a4.9 4.9 0 1 1-9.8 0 4.9 4.9 0 0 1 9.8 0Z|M8 6v2.8l1.9 1.3M6.3 1.8h3.4',
  loss: 'M4.1 8a1.3 1.3 0 1 1-2.6 0 1.3 1.3 0 0 1 2.6 0Z|M14.5 8a1.3 1.3 0 1 1-2.6 0 1.3 1.3 0 0 1 2.6 0Z|m6.3 6.3 3.4 3.4m0-3.4L6.3 9.7',
  disk: 'M13 4c0 1.1-2.2 2-5 2s-5-.9-5-2 2.2-2 5-2 5 .9 5 2Z|M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2',
  skew: 'M13.3 9.5A5.4 5.4 0 1 1 13 5.8|M13.5 2.8V6h-3.2M8 5.2V8l2 1.5',
  oneWay: 'M1.5 8h5M4.5 5.5 7 8l-2.5 2.5|M9.5 3v10M12.5 8h2',
  copy: 'M4.6 8a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0Z|M13.6 5a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0Z|M13.6 11a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0Z|M5 7.4l5-2M5 8.6l5 2',
  slow: 'M13.5 11.5a5.5 5.5 0 1 0-11 0|M8 11.5 4.8 8.2|M6.5 13.5h3',
  full: 'M13 4c0 1.1-2.2 2-5 2s-5-.9-5-2 2.2-2 5-2 5 .9 5 2Z|M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4|M5 8.2v3.4M7 8.7v3.4M9 8.7v3.4M11 8.2v3.4',
  torn: 'M3.5 2h9v5l-2.2 1.6-2.3-1.6-2.3 1.6L3.5 7V2Z|M3.5 10.2l2.2 1.6L8 10.2l2.3 1.6 2.2-1.6V14h-9v-3.8Z',
  flip: 'M3 2.5h3v4H3v-4ZM11.5 9.5v4M10.3 10.2l1.2-.7M10 13.5h3|M9 4.5h2.5a1.5 1.5 0 0 1 1.5 1.5v1M6.5 11.5H5A1.5 1.5 0 0 1 3.5 10V9',
  heal: 'M8 13.6 3 8.7a3.2 3.2 0 0 1 5-4 3.2 3.2 0 0 1 5 4l-5 4.9Z|M8 6.2v3.6M6.2 8h3.6',
  nginx: 'M8 2 13.3 5v6L8 14l-5.3-3V5L8 2ZM6.2 10.5v-5l3.6 5v-5',
  redis: 'M13 8A5 5 0 1 1 3 8a5 5 0 0 1 10 0Z|M5.5 8h5',
  speech: 'M3 3h10v8H7.5L4.5 13.5V11H3V3Z',
  loop: 'M12.8 6A5 5 0 0 0 4 5M3.2 10a5 5 0 0 0 8.8 1M4 2.5V5h2.5M12 13.5V11H9.5',
  stepBack: 'M12 3.5v9L5.5 8 12 3.5ZM3.5 3.5v9',
  step: 'M4 3.5v9l6.5-4.5L4 3.5ZM12.5 3.5v9',
  check: 'm3.5 8.5 3 3 6-7',
  share: 'M8 10V2.5M5.2 5 8 2.3 10.8 5M3 8.5v5h10v-5',
  moon: 'M13 9.6A5.5 5.5 0 1 1 6.4 3a4.5 4.5 0 0 0 6.6 6.6Z',
  sun: 'M10.8 8a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0Z|M8 1.5v1.7M8 12.8v1.7M1.5 8h1.7M12.8 8h1.7M3.4 3.4l1.2 1.2M11.4 11.4l1.2 1.2M3.4 12.6l1.2-1.2M11.4 4.6l1.2-1.2',
  reset: 'M3.2 6.2A5.2 5.2 0 1 1 2.8 9|M3 2.6v3.7h3.7',
  laptop: 'M4 3h8a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1Z|M1.5 12.5h13',
  plug: 'M5.5 2v3.5M10.5 2v3.5M3.5 5.5h9v2a4.5 4.5 0 0 1-9 0v-2Z|M8 12v2.5',
  balancer: 'M2 8h4.5M6.5 8 13 3.5M6.5 8H14M6.5 8 13 12.5',
  internet:
    'M13.5 8A5.5 5.5 0 1 1 2.5 8a5.5 5.5 0 0 1 11 0Z|M2.5 8h11M8 2.5c3.4 3.3 3.4 7.7 0 11-3.4-3.3-3.4-7.7 0-11Z',
  cloud: 'M5 12.5h6.2a2.8 2.8 0 0 0 .3-5.6 3.7 3.7 0 0 0-7.1-.6A3.2 3.2 0 0 0 5 12.5Z',
  registry: 'M8 2 13.5 5v6L8 14 2.5 11V5L8 2Zm0 6 5.4-3M8 8v6M8 8 2.6 5',
  plus: 'M8 3.5v9M3.5 8h9',
  close: 'm4.5 4.5 7 7m0-7-7 7',
  save: 'M8 2.5V10M5.2 7.4 8 10.2l2.8-2.8M3 8.5v5h10v-5',
  worker:
    'M3.5 3h9a1 1 0 0 1 1 1v3.5h-11V4a1 1 0 0 1 1-1ZM2.5 7.5h11V12a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V7.5Z|M5 5.3h.01M5 10.3h.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({
  name,
  className = '',
}: {
  readonly name: IconName;
  readonly className?: string | undefined;
}): ReactNode {
  return (
    <svg className={`icon ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      {PATHS[name].split('|').map((d) => (
        <path key={d} d={d} />
      ))}
    </svg>
  );
}

export function Crown({
  className = '',
  label,
}: {
  readonly className?: string | undefined;
  readonly label?: string;
}): ReactNode {
  return (
    <svg
      className={`crown ${className}`}
      viewBox="-1 0 12 8"
      role={label === undefined ? undefined : 'img'}
      aria-label={label}
      aria-hidden={label === undefined}
    >
      <path d={CROWN} />
    </svg>
  );
}

export const CROWN = 'M0 7.5h10L11 1.5 7.7 4 5 0 2.3 4-1 1.5 0 7.5Z';

export function Logo({ className = '' }: { readonly className?: string | undefined }): ReactNode {
  return (
    <svg className={className} viewBox="0 0 20 20" aria-hidden="true">
      <path d="M3.5 15.5V9a6.5 6.5 0 0 1 13 0v6.5" />
      <path d="M1.5 15.5h17" />
      <rect x="6.5" y="11" width="3" height="3" rx=".6" />
      <rect x="10.7" y="11" width="3" height="3" rx=".6" />
      <rect x="8.6" y="6.8" width="3" height="3" rx=".6" />
    </svg>
  );
}
