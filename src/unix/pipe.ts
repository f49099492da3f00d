import type { Deferred, Env } from '../sim/env.ts';

/** Where a command reads from. `undefined` is the end. */
export interface Source {
  read(): Promise<string | undefined>;
  /** One line with its newline, or the rest. */
  readLine(): Promise<string | undefined>;
}

export interface Sink {
  write(text: string): Promise<void>;
  close(): void;
}

/** Nobody reads the other end any more: the writer dies of SIGPIPE. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe';
}

/** As much as Linux keeps in a pipe before the writer has to wait. */
const PIPE_BYTES = 65_536;

export class Pipe implements Source, Sink {
  readonly #env: Env;
  #buffer = '';
  #ended = false;
  #unread = false;
  #reader: Deferred<void> | undefined;
  #writer: Deferred<void> | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  async write(text: string): Promise<void> {
    if (this.#unread) throw new BrokenPipe();
    if (this.#ended) return;
    this.#buffer += text;
    this.#wakeReader();
    while (this.#buffer.length > PIPE_BYTES && !this.#unread) {
      this.#writer ??= this.#env.deferred<void>();
      await this.#writer.promise;
    }
    if (this.#unread) throw new BrokenPipe();
  }

  close(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  /** The reader goes away. */
  abandon(): void {
    this.#unread = true;
    this.#buffer = '';
    this.#wakeWriter();
  }

  async read(): Promise<string | undefined> {
    await this.#filled(() => this.#buffer !== '');
    return this.#take(this.#buffer.length);
  }

  async readLine(): Promise<string | undefined> {
    await this.#filled(() => this.#buffer.includes('\n') || this.#buffer.length > PIPE_BYTES);
    const end = this.#buffer.indexOf('\n');
    return this.#take(end < 0 ? this.#buffer.length : end + 1);
  }

  async #filled(enough: () => boolean): Promise<void> {
    while (!enough() && !this.#ended) {
      this.#reader ??= this.#env.deferred<void>();
      await this.#reader.promise;
    }
  }

  #take(length: number): string | undefined {
    if (this.#buffer === '') return undefined;
    const text = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    this.#wakeWriter();
    return text;
  }

  #wakeReader(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.resolve();
  }

  #wakeWriter(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.resolve();
  }
}

export const EMPTY_SOURCE: Source = {
  read: async () => undefined,
  readLine: async () => undefined,
};

export const NULL_SINK: Sink = {
  write: async () => {},
  close: () => {},
};

export function textSource(text: string): Source {
  let rest = text;
  const take = (length: number): string | undefined => {
    if (rest === '') return undefined;
    const part = rest.slice(0, length);
    rest = rest.slice(length);
    return part;
  };
  return {
    read: async () => take(rest.length),
    readLine: async () => {
      const end = rest.indexOf('\n');
      return take(end < 0 ? rest.length : end + 1);
    },
  };
}

/** A sink that hands every write to a function. */
export function callbackSink(write: (text: string) => void, close: () => void = () => {}): Sink {
  return {
    write: async (text) => {
      if (text !== '') write(text);
    },
    close,
  };
}

export async function readAll(source: Source): Promise<string> {
  let text = '';
  for (let part = await source.read(); part !== undefined; part = await source.read()) text += part;
  return text;
}
