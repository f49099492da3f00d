// `kubectl X --help` of the laptop beside the real one, for every verb there is: how it is called, its names, commands below it and
// flags with their defaults. The sentences between them are each kubectl's own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, realKubectl } from './clients.testing.ts';

interface Shape {
  readonly usage: readonly string[];
  readonly aliases: readonly string[];
  readonly commands: readonly string[];
  /** `-A, --all-namespaces=false`. */
  readonly flags: readonly string[];
}

/** The lines below a heading, up to the next one. */
function section(help: string, heading: string): readonly string[] {
  const lines = help.split('\n');
  const at = lines.indexOf(`${heading}:`);
  if (at < 0) return [];
  const end = lines.findIndex((line, index) => index > at && /^\S/.test(line));
  return lines.slice(at + 1, end < 0 ? undefined : end).filter((line) => line.trim() !== '');
}

function shapeOf(help: string): Shape {
  const lines = help.split('\n');
  const [aliases = ''] = lines.slice(lines.indexOf('Aliases:') + 1);
  return {
    usage: section(help, 'Usage'),
    aliases: lines.includes('Aliases:') ? aliases.split(', ') : [],
    commands: section(help, 'Available Commands').map((line) => line.trim().split(/\s/, 1).join('')),
    flags: section(help, 'Options')
      .filter((line) => /^ {4}\S/.test(line) && line.includes('--'))
      .map((line) => line.trim().replace(/:$/, '')),
  };
}

describe.skipIf(realKubectl === undefined)('help has the shape of upstream’s', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.start('--workers', '1', '--control-planes', '1');
  }, 120_000);
  afterAll(() => bench.stop());

  it('for every verb', async () => {
    const root = await bench.kubectl(['--help']);
    const ROOT_COMMAND = /^ {2}([a-z-]+) {2,}\S/gm;
    const waiting = [...root.stdout.matchAll(ROOT_COMMAND)]
      .map(([, name = '']) => [name])
      // Preferences that a file would keep between the sessions of a laptop.
      .filter(([name]) => name !== 'alpha');
    expect(waiting.length).toBeGreaterThan(40);
    const differing: Record<string, { readonly ours: Shape; readonly theirs: Shape }> = {};
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const { stdout } = await bench.kubectl([...path, '--help']);
      const theirs = shapeOf(stdout);
      const ours = shapeOf(await bench.type(`kubectl ${path.join(' ')} --help`));
      waiting.push(...theirs.commands.map((name) => [...(path ?? []), name]));
      if (JSON.stringify(ours) !== JSON.stringify(theirs)) differing[path.join(' ')] = { ours, theirs };
    }
    expect(Object.fromEntries(Object.entries(differing).map(([name, { ours }]) => [name, ours]))).toEqual(
      Object.fromEntries(Object.entries(differing).map(([name, { theirs }]) => [name, theirs])),
    );
  }, 120_000);
});
