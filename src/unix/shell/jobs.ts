import { SIGNAL_NUMBERS, type Task } from '../task.ts';

/** A command that a shell has sent to the background. */
export interface Job {
  readonly number: number;
  readonly task: Task;
  /** As it was typed, without the `&`. */
  readonly text: string;
  readonly done: Promise<number>;
}

/** Where bash puts the command behind the state of a job. */
const STATE_WIDTH = 24;

const ENDS: Readonly<Record<string, string>> = {
  HUP: 'Hangup',
  INT: 'Interrupt',
  QUIT: 'Quit',
  KILL: 'Killed',
  TERM: 'Terminated',
};

/** The jobs of a shell. One that people type into keeps it from line to line and tells how jobs end. */
export class Jobs {
  readonly #jobs = new Map<number, Job>();
  readonly #codes = new Map<number, number>();

  /** Models bash: numbers go on from the highest in use. */
  add(task: Task, text: string, done: Promise<number>): Job {
    const number = Math.max(0, ...this.#jobs.keys()) + 1;
    const job: Job = { number, task, text, done: done.then((code) => (this.#codes.set(number, code), code)) };
    this.#jobs.set(number, job);
    return job;
  }

  all(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  remove({ number }: Job): void {
    this.#jobs.delete(number);
    this.#codes.delete(number);
  }

  /** `%1`, `%%`, `%-`, `%sleep` or a process id. */
  find(word: string): Job | undefined {
    const all = this.all();
    if (!word.startsWith('%')) return all.find(({ task }) => String(task.pid) === word);
    const name = word.slice(1);
    if (name === '' || name === '%' || name === '+') return all.at(-1);
    if (name === '-') return all.at(-2) ?? all.at(-1);
    return /^\d+$/.test(name) ? this.#jobs.get(Number(name)) : all.findLast(({ text }) => text.startsWith(name));
  }

  /** Jobs that have ended since they were last asked for: each is told once. */
  ended(): string {
    let text = '';
    for (const job of this.all()) {
      if (!this.#codes.has(job.number)) continue;
      text += this.line(job);
      this.remove(job);
    }
    return text;
  }

  /** `[1]+  Running                 sleep 100 &` */
  line(job: Job): string {
    const all = this.all();
    const mark = job === all.at(-1) ? '+' : job === all.at(-2) ? '-' : ' ';
    const code = this.#codes.get(job.number);
    const state = code === undefined ? 'Running' : endOf(code);
    return `[${job.number}]${mark}  ${state.padEnd(STATE_WIDTH)}${job.text}${code === undefined ? ' &' : ''}\n`;
  }

  hasEnded({ number }: Job): boolean {
    return this.#codes.has(number);
  }
}

function endOf(code: number): string {
  const signal = Object.entries(SIGNAL_NUMBERS).find(([, number]) => code === 128 + number)?.[0];
  const text = signal === undefined ? undefined : ENDS[signal];
  return text ?? (code === 0 ? 'Done' : `Exit ${code}`);
}
