import { readFileSync, writeFileSync } from 'node:fs';

/** Answers one command of a transcript: its words, and the lines between it and the `----`. */
export type TranscriptHandler = (command: string, words: readonly string[], input: string) => string | Promise<string>;

interface Block {
  readonly prose: readonly string[];
  readonly command: string;
  readonly input: readonly string[];
  readonly expected: string;
  readonly line: number;
}

/**
 * Runs a transcript: blocks of a command, input, `----` and what followed, ended by a blank line; `#` starts prose.
 * Returns a description of each difference; with UPDATE=1 the file is rewritten with what happened instead.
 */
export async function runTranscript(
  path: string,
  handle: TranscriptHandler,
  update = process.env['UPDATE'] === '1',
): Promise<string[]> {
  const { blocks, tail } = parseTranscript(readFileSync(path, 'utf8'));
  const differences: string[] = [];
  const rewritten: string[] = [];
  for (const { prose, command, input, expected, line } of blocks) {
    const [name = '', ...words] = command.split(/\s+/);
    const actual = await answer(handle, name, words, input.join('\n'));
    if (actual !== expected)
      differences.push(`${path}:${line}: ${command}\nexpected:\n${expected}\nactual:\n${actual}`);
    rewritten.push(...prose, command, ...input, '----', ...(actual === '' ? [] : actual.split('\n')));
  }
  if (!update) return differences;
  writeFileSync(path, [...rewritten, ...tail].join('\n'));
  return [];
}

/** A blank line in the answer would end the block, so it is shown as a dot. */
async function answer(handle: TranscriptHandler, name: string, words: string[], input: string): Promise<string> {
  try {
    return (await handle(name, words, input)).trimEnd().replace(/^$(?=[^])/gm, '.');
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

export function parseTranscript(text: string): { readonly blocks: readonly Block[]; readonly tail: readonly string[] } {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let prose: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const command = lines[at] ?? '';
    if (command.trim() === '' || command.startsWith('#')) {
      prose.push(command);
      at++;
      continue;
    }
    const end = lines.indexOf('----', at);
    if (end < 0) throw new Error(`line ${at + 1}: no "----" after "${command}"`);
    const blank = lines.indexOf('', end);
    const stop = blank < 0 ? lines.length : blank;
    const expected = lines.slice(end + 1, stop).join('\n');
    blocks.push({ prose, command, input: lines.slice(at + 1, end), expected, line: at + 1 });
    prose = [];
    at = stop;
  }
  return { blocks, tail: prose };
}
