/** `--seed 7` reads as `--seed=7`. */
export function joinValues(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const next = words[i + 1];
    if (word.startsWith('--') && !word.includes('=') && next !== undefined && !next.startsWith('--')) {
      joined.push(`${word}=${next}`);
      i++;
    } else {
      joined.push(word);
    }
  }
  return joined;
}
