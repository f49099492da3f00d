import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runTranscript } from '../../lib/datadriven.ts';
import { Scenario } from './scenario.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .sort();

describe('scenarios', () => {
  it.each(files)('%s goes as written', async (file) => {
    const scenario = new Scenario();
    const differences = await runTranscript(join(folder, file), (command, words, input) =>
      scenario.run(command, words, input),
    );
    expect(differences).toEqual([]);
  });
});
