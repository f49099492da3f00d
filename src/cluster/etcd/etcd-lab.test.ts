import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runTranscript } from '../../lib/datadriven.ts';
import { EtcdLab } from './etcd-lab.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .sort();

/** What an operator does to etcd, and what it answers. */
describe('etcd from the terminal', () => {
  it.each(files)('%s goes as written', async (file) => {
    const lab = new EtcdLab();
    const differences = await runTranscript(join(folder, file), (command, words, input) =>
      lab.run(command, words, input),
    );
    expect(differences).toEqual([]);
  });
});
