import { MILLISECOND } from '../../sim/env.ts';
import { FileError } from '../file-system.ts';
import { callbackSink, EMPTY_SOURCE, Pipe } from '../pipe.ts';
import { lookUp, runTask, SIGNAL_NUMBERS, Task, type Command, type SignalName } from '../task.ts';
import { ArithmeticError } from './arithmetic.ts';
import { SyntaxError, type AndOr, type List, type Node, type Pipeline } from './ast.ts';
import { Exit, Jump, type Streams } from './control.ts';
import { openRedirects } from './redirect.ts';
import { BUILTINS, type Builtin } from './builtins.ts';
import { ExpansionError, expandPattern, expandText, expandWords, type Expander } from './expand.ts';
import { Jobs } from './jobs.ts';
import { parseScript } from './parser.ts';
import { matchesPattern } from './pattern.ts';

/** After so many steps that took no time the shell lets time pass: a busy loop must not stop the world. */
const FREE_STEPS = 64;
/** A loop that goes on like that gets only now and then some of the processor. */
const BUSY_PAUSES = 64;
const BUSY_PAUSE = 50 * MILLISECOND;
/** What fork and exec of a command cost. */
const FORK_TIME = MILLISECOND;

/** A shell with its variables, functions, traps and jobs. Output goes out as it is produced. */
export class Shell implements Expander {
  readonly task: Task;
  readonly name: string;
  positional: readonly string[];
  readonly functions: Map<string, Node>;
  readonly exported: Set<string>;
  readonly variables: Map<string, string>;
  readonly traps: Map<SignalName | 'EXIT', string>;
  readonly jobs: Jobs;
  /** People type into it: jobs outlive the line and Ctrl-C, and are told of. */
  readonly jobControl: boolean;
  readonly options: { errexit: boolean; nounset: boolean; xtrace: boolean };
  readonly #pendingTraps: SignalName[] = [];
  readonly #locals: Map<string, string | undefined>[] = [];
  #wakeWait: (() => void) | undefined;
  status = 0;
  lastBackground: number | undefined;
  #steps = 0;
  #pauses = 0;
  #conditionDepth = 0;

  constructor(task: Task, name: string, positional: readonly string[], parent?: Shell, jobs?: Jobs) {
    this.task = task;
    this.name = name;
    this.positional = positional;
    this.functions = new Map(parent?.functions);
    this.exported = new Set(parent?.exported ?? task.vars.keys());
    this.variables = new Map(parent?.variables ?? task.vars);
    this.traps = new Map();
    this.jobs = jobs ?? new Jobs();
    this.jobControl = jobs !== undefined;
    this.options = { errexit: false, nounset: false, xtrace: false, ...parent?.options };
    this.status = parent?.status ?? 0;
    this.lastBackground = parent?.lastBackground;
  }

  get cwd(): string {
    return this.task.cwd;
  }

  get nounset(): boolean {
    return this.options.nounset;
  }

  get(name: string): string | undefined {
    switch (name) {
      case '?':
        return String(this.status);
      case '$':
        return String(this.task.pid);
      case '!':
        return this.lastBackground === undefined ? undefined : String(this.lastBackground);
      case '#':
        return String(this.positional.length);
      case '*':
        return this.positional.join(' ');
      case '-':
        return '';
      case '0':
        return this.name;
      case 'PWD':
        return this.task.cwd;
      case 'RANDOM':
        return String(this.task.env.random.below(32_768));
      default:
        return /^\d+$/.test(name) ? this.positional[Number(name) - 1] : this.variables.get(name);
    }
  }

  set(name: string, value: string): void {
    this.variables.set(name, value);
  }

  local(name: string, value: string | undefined): void {
    const frame = this.#locals.at(-1);
    if (frame !== undefined && !frame.has(name)) frame.set(name, this.variables.get(name));
    if (value !== undefined) this.variables.set(name, value);
  }

  list(directory: string): readonly string[] | undefined {
    return this.task.fs.kind(directory) === 'directory' ? this.task.fs.list(directory) : undefined;
  }

  async substitute(list: List): Promise<string> {
    let output = '';
    const { task } = this;
    const streams = { stdin: EMPTY_SOURCE, stdout: callbackSink((text) => (output += text)), stderr: task.stderr };
    this.status = await this.#runSubshell(list, streams);
    return output.replace(/\n+$/, '');
  }

  setTrap(signal: SignalName | 'EXIT', action: string | undefined): void {
    if (action === undefined) this.traps.delete(signal);
    else this.traps.set(signal, action);
    if (signal === 'EXIT') return;
    this.task.handlers.delete(signal);
    this.task.ignored.delete(signal);
    if (action === '') this.task.ignored.add(signal);
    else if (action !== undefined) {
      this.task.handlers.set(signal, () => {
        this.#pendingTraps.push(signal);
        this.#wakeWait?.();
      });
    }
  }

  /** `wait`: ends early (with 128 + signal) when a trapped signal comes. */
  async waitFor(job: Promise<number>): Promise<number> {
    const woken = this.task.env.deferred<number>();
    this.#wakeWait = () => woken.resolve(128 + SIGNAL_NUMBERS[this.#pendingTraps[0] ?? 'TERM']);
    if (this.#pendingTraps.length > 0) this.#wakeWait();
    job.then(woken.resolve, woken.reject);
    try {
      return await this.task.wait(woken.promise);
    } finally {
      this.#wakeWait = undefined;
    }
  }

  /** Runs a whole script, its EXIT trap included, and gives the exit code. */
  async runScript(text: string): Promise<number> {
    const code = await this.#untilExit(() => this.runText(text, this.task));
    return this.#runExitTrap(code);
  }

  async #untilExit(action: () => Promise<number>): Promise<number> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof Exit) return error.code;
      if (error instanceof Jump) return error.code;
      if (error instanceof SyntaxError || error instanceof ExpansionError || error instanceof ArithmeticError) {
        await this.task.printError(`${this.name}: ${error.message}\n`);
        return 2;
      }
      throw error;
    }
  }

  async #runExitTrap(code: number): Promise<number> {
    const action = this.traps.get('EXIT');
    if (action === undefined) return code;
    this.traps.delete('EXIT');
    this.status = code;
    try {
      await this.runText(action, this.task);
    } catch (error) {
      if (error instanceof Exit) return error.code;
      throw error;
    }
    return code;
  }

  async runText(text: string, streams: Streams): Promise<number> {
    return this.runList(parseScript(text), streams);
  }

  async runList(list: List, streams: Streams): Promise<number> {
    for (const item of list) {
      if (item.background) await this.#runInBackground(item, streams);
      else await this.#runAndOr(item, streams);
      await this.#runPendingTraps(streams);
    }
    return this.status;
  }

  async #runPendingTraps(streams: Streams): Promise<void> {
    for (let signal = this.#pendingTraps.shift(); signal !== undefined; signal = this.#pendingTraps.shift()) {
      const status = this.status;
      await this.runText(this.traps.get(signal) ?? '', streams);
      this.status = status;
    }
  }

  async #runInBackground(item: AndOr, streams: Streams): Promise<void> {
    const list: List = [{ ...item, background: false }];
    const { child, done } = this.#startSubshell(list, { ...streams, stdin: EMPTY_SOURCE }, this.jobControl);
    this.lastBackground = child.pid;
    const { number } = this.jobs.add(child, item.text ?? '', done);
    this.status = 0;
    if (this.jobControl) await streams.stderr.write(`[${number}] ${child.pid}\n`);
  }

  async #runAndOr(item: AndOr, streams: Streams): Promise<void> {
    const pipelines = [{ operator: '', pipeline: item.first }, ...item.rest];
    for (const [index, { operator, pipeline }] of pipelines.entries()) {
      if ((operator === '&&' && this.status !== 0) || (operator === '||' && this.status === 0)) continue;
      const tested = index < pipelines.length - 1 || pipeline.negated;
      if (tested) this.#conditionDepth++;
      try {
        await this.#runPipeline(pipeline, streams);
      } finally {
        if (tested) this.#conditionDepth--;
      }
      if (!tested && this.status !== 0 && this.options.errexit && this.#conditionDepth === 0)
        throw new Exit(this.status);
    }
  }

  async #runPipeline(pipeline: Pipeline, streams: Streams): Promise<void> {
    const [only] = pipeline.commands;
    if (pipeline.commands.length === 1 && only !== undefined) this.status = await this.runNode(only, streams);
    else this.status = await this.#runPipes(pipeline.commands, streams);
    if (pipeline.negated) this.status = this.status === 0 ? 1 : 0;
  }

  async #runPipes(commands: readonly Node[], streams: Streams): Promise<number> {
    const running: Promise<number>[] = [];
    let stdin = streams.stdin;
    for (const [index, node] of commands.entries()) {
      const last = index === commands.length - 1;
      const pipe = last ? undefined : new Pipe(this.task.env);
      const list: List = [{ first: { negated: false, commands: [node] }, rest: [], background: false }];
      const input = stdin;
      const { done } = this.#startSubshell(list, {
        stdin: input,
        stdout: pipe ?? streams.stdout,
        stderr: streams.stderr,
      });
      running.push(
        done.then((code) => {
          pipe?.close();
          if (input instanceof Pipe && index > 0) input.abandon();
          return code;
        }),
      );
      stdin = pipe ?? stdin;
    }
    let code = 0;
    for (const command of running) code = await this.task.wait(command);
    return code;
  }

  /** `apart`: in a process group of its own, so that what is typed at the shell does not end it. */
  #startSubshell(list: List, streams: Streams, apart = false): { child: Task; done: Promise<number> } {
    const child = new Task(this.task.context, {
      argv: this.task.argv,
      vars: this.task.vars,
      cwd: this.cwd,
      tty: this.task.tty && !apart,
      ...(apart ? {} : { parent: this.task }),
      ...streams,
    });
    const shell = new Shell(child, this.name, this.positional, this);
    const done = runTask(child, async () =>
      shell.#runExitTrap(await shell.#untilExit(() => shell.runList(list, child))),
    );
    return { child, done };
  }

  async #runSubshell(list: List, streams: Streams): Promise<number> {
    return this.task.wait(this.#startSubshell(list, streams).done);
  }

  async runNode(node: Node, outer: Streams): Promise<number> {
    await this.#step();
    if (node.kind === 'function') {
      this.functions.set(node.name, node.body);
      return 0;
    }
    const opened = await openRedirects(this, node.redirects, outer);
    if (opened === undefined) return 1;
    if (node.kind === 'simple') return this.#runSimple(node, opened);
    return this.#runCompound(node, opened);
  }

  async #runCompound(node: Exclude<Node, { kind: 'simple' | 'function' }>, streams: Streams): Promise<number> {
    switch (node.kind) {
      case 'group':
        return this.runList(node.body, streams);
      case 'subshell':
        return this.#runSubshell(node.body, streams);
      case 'if':
        for (const { condition, body } of node.branches) {
          if ((await this.#condition(condition, streams)) === 0) return this.runList(body, streams);
        }
        this.status = 0;
        return node.otherwise === undefined ? 0 : this.runList(node.otherwise, streams);
      case 'while': {
        this.status = 0;
        await this.#loop(async () => {
          if (((await this.#condition(node.condition, streams)) === 0) === node.until) return false;
          await this.runList(node.body, streams);
          return true;
        });
        return this.status;
      }
      case 'for': {
        const words = node.words === undefined ? [...this.positional] : await expandWords(this, node.words);
        this.status = 0;
        await this.#loop(async () => {
          const word = words.shift();
          if (word === undefined) return false;
          this.set(node.name, word);
          await this.runList(node.body, streams);
          return true;
        });
        return this.status;
      }
      case 'case': {
        const subject = await expandText(this, node.subject);
        for (const { patterns, body } of node.items) {
          for (const pattern of patterns) {
            if (matchesPattern(await expandPattern(this, pattern), subject)) return this.runList(body, streams);
          }
        }
        return 0;
      }
    }
  }

  async #condition(list: List, streams: Streams): Promise<number> {
    this.#conditionDepth++;
    try {
      return await this.runList(list, streams);
    } finally {
      this.#conditionDepth--;
    }
  }

  async #loop(turn: () => Promise<boolean>): Promise<void> {
    let status = 0;
    for (;;) {
      await this.#step();
      try {
        if (!(await turn())) break;
        status = this.status;
      } catch (error) {
        if (!(error instanceof Jump) || error.to === 'return') throw error;
        status = 0;
        if (--error.levels > 0) throw error;
        if (error.to === 'break') break;
      }
    }
    this.status = status;
  }

  async #runSimple(node: Extract<Node, { kind: 'simple' }>, streams: Streams): Promise<number> {
    this.status = node.words.length === 0 ? 0 : this.status;
    const argv = await expandWords(this, node.words);
    const assigned = new Map<string, string>();
    for (const { name, value } of node.assignments) assigned.set(name, await expandText(this, value));
    if (this.options.xtrace)
      await streams.stderr.write(`+ ${[...[...assigned].map(([k, v]) => `${k}=${v}`), ...argv].join(' ')}\n`);
    const [word] = argv;
    if (word === undefined) {
      for (const [name, value] of assigned) this.set(name, value);
      return this.status;
    }
    const body = this.functions.get(word);
    if (body !== undefined) return this.#callFunction(body, argv.slice(1), streams);
    const builtin = Object.hasOwn(BUILTINS, word) ? BUILTINS[word] : undefined;
    if (builtin !== undefined) {
      for (const [name, value] of assigned) this.set(name, value);
      return this.#runBuiltin(builtin, argv.slice(1), streams);
    }
    return this.runCommand(argv, assigned, streams);
  }

  /** What it cannot write down it complains of; the script goes on. */
  async #runBuiltin(builtin: Builtin, args: readonly string[], streams: Streams): Promise<number> {
    try {
      return await builtin(this, args, streams);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await streams.stderr.write(`${this.name}: ${error.message}\n`);
      return 1;
    }
  }

  async #callFunction(body: Node, args: readonly string[], streams: Streams): Promise<number> {
    const outer = this.positional;
    this.positional = args;
    this.#locals.push(new Map());
    try {
      return await this.runNode(body, streams);
    } catch (error) {
      if (error instanceof Jump && error.to === 'return') return error.code;
      throw error;
    } finally {
      this.positional = outer;
      for (const [name, value] of this.#locals.pop() ?? []) {
        if (value === undefined) this.variables.delete(name);
        else this.variables.set(name, value);
      }
    }
  }

  /** Forks and executes; waits for the end. */
  async runCommand(argv: readonly string[], assigned: ReadonlyMap<string, string>, streams: Streams): Promise<number> {
    const [word = ''] = argv;
    const found = lookUp(this.task.context.commands, this.task.fs, word, this.cwd);
    if ('error' in found) {
      const directory = found.error === 'is a directory';
      await streams.stderr.write(
        `${this.name}: ${word}: ${directory ? 'Permission denied' : this.name.endsWith('bash') ? 'command not found' : 'not found'}\n`,
      );
      return directory ? 126 : 127;
    }
    this.#pauses = 0;
    await this.task.sleep(FORK_TIME);
    const child = new Task(this.task.context, {
      argv,
      vars: new Map([...this.environment(), ...assigned]),
      cwd: this.cwd,
      tty: this.task.tty,
      parent: this.task,
      ...streams,
    });
    return this.#foreground(child, found.command);
  }

  async #foreground(child: Task, command: Command): Promise<number> {
    const code = await this.task.wait(runTask(child, command));
    if (code === 130 && this.task.tty) await child.printError('\n');
    return code;
  }

  environment(): ReadonlyMap<string, string> {
    return new Map([...this.variables].filter(([name]) => this.exported.has(name)));
  }

  async #step(): Promise<void> {
    if (++this.#steps % FREE_STEPS !== 0) return;
    await this.task.sleep(++this.#pauses > BUSY_PAUSES ? BUSY_PAUSE : MILLISECOND);
  }
}
