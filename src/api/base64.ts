const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** What Go says of a text that is not standard base64; undefined when it is. Line breaks are skipped. */
export function decodeBase64Error(text: string): string | undefined {
  let count = 0;
  let padding = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\n' || char === '\r') continue;
    if (char === '=') {
      const wanted = count % 4 === 2 ? 2 : count % 4 === 3 ? 1 : 0;
      if (++padding > wanted) return illegal(i);
    } else if (padding > 0 || !ALPHABET.includes(char)) return illegal(i);
    else count++;
  }
  const complete = count % 4 === 0 ? padding === 0 : padding === 4 - (count % 4) && count % 4 !== 1;
  return complete ? undefined : illegal(text.length - (count % 4 === 0 ? 0 : (count % 4) + padding));
}

function illegal(at: number): string {
  return `illegal base64 data at input byte ${at}`;
}

export function encodeBase64(bytes: readonly number[] | Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    out += i + 1 < bytes.length ? ALPHABET.charAt((group >> 6) & 63) : '=';
    out += i + 2 < bytes.length ? ALPHABET.charAt(group & 63) : '=';
  }
  return out;
}

/** The bytes of valid standard base64; characters outside the alphabet are skipped. */
export function decodeBase64(text: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const char of text) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) continue;
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}
