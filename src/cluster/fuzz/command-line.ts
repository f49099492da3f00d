import type { Flags } from '../../lib/flags.ts';
import { FAULT_STYLES, type FaultStyle, type RandomPlan } from './plan.ts';

/** `--seed 7` reads as `--seed=7`. */
export function joinValues(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const next = words[i + 1];
    if (word.startsWith('--') && !word.includes('=') && next !== undefined && !next.startsWith('--')) {
      joined.push(`${word}=${next}`);
      i++;
    } else {
      joined.push(word);
    }
  }
  return joined;
}

/** `--faults any|leaders|clocks`; anything else ends the process with a word to who typed it. */
export function faultStyleOf(flags: Flags): FaultStyle {
  const given = flags.get('faults') ?? 'any';
  const style = FAULT_STYLES.find((name) => name === given);
  if (style !== undefined) return style;
  console.error(`--faults must be one of ${FAULT_STYLES.join(', ')}: got ${given}`);
  return process.exit(2);
}

/** What has that run again. */
export function replayCommand({ seed, style }: RandomPlan, minutes: number, keep = ''): string {
  const flags = [`--seed ${seed}`, `--minutes ${minutes}`];
  if (style !== 'any') flags.push(`--faults ${style}`);
  if (keep !== '') flags.push(`--keep ${keep}`);
  return `replay: npm run sim -- ${flags.join(' ')}`;
}
