import type { Sink, Source } from '../pipe.ts';

/** `exit`, and what ends a shell like it. */
export class Exit extends Error {
  override readonly name = 'Exit';
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}
/** `break`, `continue` and `return` on their way out. */
export class Jump extends Error {
  override readonly name = 'Jump';
  readonly to: 'break' | 'continue' | 'return';
  levels: number;
  readonly code: number;
  constructor(to: Jump['to'], levels: number, code = 0) {
    super(to);
    this.to = to;
    this.levels = levels;
    this.code = code;
  }
}

export interface Streams {
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
}
