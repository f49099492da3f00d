import { FileError, NO_SUCH_FILE, WriteError } from '../file-system.ts';
import { callbackSink, EMPTY_SOURCE, NULL_SINK, textSource, type Sink, type Source } from '../pipe.ts';
import type { Task } from '../task.ts';
import type { Redirect } from './ast.ts';
import type { Streams } from './control.ts';
import { expandText, type Expander } from './expand.ts';

interface Redirecting extends Expander {
  readonly task: Task;
  readonly name: string;
}

/** The streams of a command after its redirections, in order; undefined when one could not be made (and was complained of). */
export async function openRedirects(
  shell: Redirecting,
  redirects: readonly Redirect[],
  outer: Streams,
): Promise<Streams | undefined> {
  const streams: { stdin: Source; stdout: Sink; stderr: Sink } = {
    stdin: outer.stdin,
    stdout: outer.stdout,
    stderr: outer.stderr,
  };
  for (const { operator, target, descriptor } of redirects) {
    const text = await expandText(shell, target);
    if (operator === '<<') streams.stdin = textSource(text);
    else if (operator === '>&' || operator === '<&') {
      const copy = text === '1' ? streams.stdout : text === '2' ? streams.stderr : NULL_SINK;
      if (descriptor === 1) streams.stdout = copy;
      else if (descriptor === 2) streams.stderr = copy;
    } else {
      try {
        if (operator === '<') streams.stdin = openRead(shell.task, text);
        else {
          const sink = openWrite(shell.task, text, operator === '>>', outer);
          if (descriptor === 2 || operator === '&>') streams.stderr = sink;
          if (descriptor !== 2) streams.stdout = sink;
        }
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        await outer.stderr.write(`${shell.name}: ${complaint(operator === '<', text, error.message)}\n`);
        return undefined;
      }
    }
  }
  return streams;
}

function complaint(reading: boolean, name: string, reason: string): string {
  const missing = reading ? 'no such file' : 'nonexistent directory';
  return `can't ${reading ? 'open' : 'create'} ${name}: ${reason === NO_SUCH_FILE ? missing : reason}`;
}

function openRead(task: Task, name: string): Source {
  const path = task.path(name);
  return path === '/dev/null' ? EMPTY_SOURCE : textSource(task.fs.read(path));
}

function openWrite(task: Task, name: string, append: boolean, outer: Streams): Sink {
  const path = task.path(name);
  if (path === '/dev/null') return NULL_SINK;
  if (path === '/dev/stdout' || path === '/proc/self/fd/1') return outer.stdout;
  if (path === '/dev/stderr' || path === '/proc/self/fd/2') return outer.stderr;
  if (path === '/proc/1/fd/1' || path === '/proc/1/fd/2') {
    const first = task.context.tasks.get(1);
    return (path.endsWith('1') ? first?.stdout : first?.stderr) ?? NULL_SINK;
  }
  if (append) task.fs.append(path, '');
  else task.fs.write(path, '');
  return callbackSink((text) => appendTo(task, path, text));
}

/** Opening found room for the name; writing finds none for more. */
function appendTo(task: Task, path: string, text: string): void {
  try {
    task.fs.append(path, text);
  } catch (error) {
    throw error instanceof FileError ? new WriteError(`write error: ${error.message}`) : error;
  }
}
