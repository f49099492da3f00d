import type { Command } from '../task.ts';
import { readOperands } from './files.ts';
import { parseOptions } from './options.ts';

const LINE_LENGTH = 76;

/** `base64 [-d] [-i] [-w COLUMNS] [FILE]`, over UTF-8. */
export const base64: Command = async (task) => {
  const args = task.argv.slice(1).map((arg) => (arg === '--decode' ? '-d' : arg.replace(/^--wrap=/, '-w')));
  const { flags, values, operands } = parseOptions(args, 'di', 'w');
  const columns = Number(values.get('w') ?? LINE_LENGTH);
  let invalid = false;
  const code = await readOperands(task, operands, async (text) => {
    if (!flags.has('d')) {
      const encoded = encode(text);
      const lines = columns > 0 ? (encoded.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []) : [];
      return task.print(columns > 0 ? lines.map((line) => `${line}\n`).join('') : encoded);
    }
    const plain = flags.has('i') ? text.replace(/[^A-Za-z0-9+/=]/g, '') : text.replace(/[\r\n]/g, '');
    const [good = ''] = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/.exec(plain) ?? [];
    await task.print(decode(good));
    if (good === plain) return;
    invalid = true;
    await task.printError('base64: invalid input\n');
  });
  return invalid ? 1 : code;
};

function encode(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
}

function decode(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}
