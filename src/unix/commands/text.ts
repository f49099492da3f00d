/** `echo` with busybox's options -n and -e. */
export function echoText(args: readonly string[]): string {
  let newline = true;
  let escapes = false;
  let at = 0;
  for (; /^-[neE]+$/.test(args[at] ?? ''); at++) {
    const flags = args[at] ?? '';
    if (flags.includes('n')) newline = false;
    if (flags.includes('e')) escapes = true;
  }
  const text = args.slice(at).join(' ');
  return `${escapes ? unescapeText(text) : text}${newline ? '\n' : ''}`;
}

export function unescapeText(text: string): string {
  return text.replace(
    /\\(?:([abefnrtv\\])|0?([0-7]{1,3})|x([0-9a-fA-F]{1,2}))/g,
    (_all, char?: string, octal?: string, hex?: string) => {
      if (char !== undefined) return ESCAPES[char] ?? char;
      return String.fromCharCode(octal !== undefined ? parseInt(octal, 8) : parseInt(hex ?? '0', 16));
    },
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** `printf`: the format is used again while arguments are left. */
export function formatPrintf(format: string, args: readonly string[]): string {
  const rest = [...args];
  let out = '';
  do {
    out += unescapeText(format).replace(
      /%(?:%|([-0 +#]*)(\d+)?(?:\.(\d+))?([sdiuxXocbfq]))/g,
      (all, flags?: string, width?: string, precision?: string, type?: string) => {
        if (type === undefined) return '%';
        const text = formatOne(type, rest.shift() ?? '', precision);
        const size = Number(width ?? 0);
        if (flags?.includes('-') === true) return text.padEnd(size);
        return text.padStart(size, flags?.includes('0') === true && type !== 's' ? '0' : ' ');
      },
    );
  } while (rest.length > 0 && /%[^%]/.test(format));
  return out;
}

function formatOne(type: string, argument: string, precision: string | undefined): string {
  switch (type) {
    case 's':
      return precision === undefined ? argument : argument.slice(0, Number(precision));
    case 'b':
      return unescapeText(argument);
    case 'c':
      return argument.slice(0, 1);
    case 'x':
      return integer(argument).toString(16);
    case 'X':
      return integer(argument).toString(16).toUpperCase();
    case 'o':
      return integer(argument).toString(8);
    case 'f':
      return Number(argument === '' ? 0 : argument).toFixed(Number(precision ?? 6));
    case 'q':
      return `'${argument.replace(/'/g, `'\\''`)}'`;
    default:
      return String(integer(argument));
  }
}

function integer(text: string): number {
  const value = Math.trunc(Number(text === '' ? 0 : text));
  return Number.isNaN(value) ? 0 : value;
}
