/** Matches a shell pattern (`*`, `?`, `[a-z]`, backslash) against the whole text. */
export function matchesPattern(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^${patternSource(pattern)}$`, 's').test(text);
  } catch (error) {
    // A bracket expression such as [z-a] matches nothing.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

export function hasWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern.replace(/\\./g, ''));
}

/** Removes the shortest or longest match of the pattern from the start or end. */
export function trimPattern(text: string, pattern: string, from: 'start' | 'end', longest: boolean): string {
  const lengths = Array.from({ length: text.length + 1 }, (_, i) => i);
  if (longest) lengths.reverse();
  for (const length of lengths) {
    const part = from === 'start' ? text.slice(0, length) : text.slice(text.length - length);
    if (matchesPattern(pattern, part))
      return from === 'start' ? text.slice(length) : text.slice(0, text.length - length);
  }
  return text;
}

function patternSource(pattern: string): string {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? '';
    if (char === '*') source += '.*';
    else if (char === '?') source += '.';
    else if (char === '\\') source += escape(pattern[++i] ?? '\\');
    else if (char === '[') {
      const end = pattern.indexOf(']', i + (pattern[i + 1] === '!' || pattern[i + 1] === '^' ? 3 : 2));
      if (end < 0) source += '\\[';
      else {
        const body = pattern.slice(i + 1, end).replace(/^[!^]/, '');
        const negated = /^[!^]/.test(pattern.slice(i + 1, end));
        source += `[${negated ? '^' : ''}${body.replace(/[\\\]^]/g, '\\$&')}]`;
        i = end;
      }
    } else source += escape(char);
  }
  return source;
}

function escape(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Protects a text from being read as a pattern. */
export function literalPattern(text: string): string {
  return text.replace(/[*?[\]\\]/g, '\\$&');
}

export function unescapePattern(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1');
}
