import type { Context } from './command.ts';
import { CliError } from './errors.ts';

/** With --raw the file goes to the server unread, and the answer comes out as it is. */
export async function sendRaw(context: Context, method: 'POST' | 'PUT'): Promise<void> {
  const path = context.flags.string('raw');
  const [file = '', ...more] = context.flags.list('filename');
  if (more.length > 0) throw new CliError('--raw can only use a single local file or stdin');
  const text = file === '-' ? await context.io.stdin.readAll() : context.io.files.read(file);
  if (text === undefined) throw new CliError(`open ${file}: no such file or directory`);
  const { body } = await context.server.call(method, path, { body: text });
  context.out(body);
}
