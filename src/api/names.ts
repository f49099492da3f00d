// Models k8s.io/apimachinery/pkg/util/validation: each check answers with its complaints, none when the text is good.
import { utf8Bytes } from '../lib/fnv.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const ENV_NAME = '[-._a-zA-Z][-._a-zA-Z0-9]*';
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const HTTP_HEADER = '[-A-Za-z0-9]+';
const PERCENT = '[0-9]+%';

const matchers = new Map<string, RegExp>();

function matches(pattern: string, text: string): boolean {
  let matcher = matchers.get(pattern);
  if (matcher === undefined) {
    matcher = new RegExp(`^${pattern}$`);
    matchers.set(pattern, matcher);
  }
  return matcher.test(text) && !text.endsWith('\n');
}

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

export function dns1123Label(text: string): string[] {
  const problems = tooLong(text, 63);
  if (!matches(LABEL, text)) {
    problems.push(
      matches(SUBDOMAIN, text)
        ? 'must not contain dots'
        : regexError(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            LABEL,
            'my-name',
            '123-abc',
          ),
    );
  }
  return problems;
}

export function dns1123Subdomain(text: string): string[] {
  const problems = tooLong(text, 253);
  if (!matches(SUBDOMAIN, text)) problems.push(regexError(SUBDOMAIN_TEXT, SUBDOMAIN, 'example.com'));
  return problems;
}

export function dns1035Label(text: string): string[] {
  const problems = tooLong(text, 63);
  if (!matches(LABEL_1035, text)) {
    problems.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        LABEL_1035,
        'my-name',
        'abc-123',
      ),
    );
  }
  return problems;
}

/** A name with an optional prefix: `name`, `example.com/name`. */
export function qualifiedName(text: string): string[] {
  const problems: string[] = [];
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  const pattern = regexError(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    QUALIFIED,
    'MyName',
    'my.name',
    '123-abc',
  );
  if (parts.length > 2) {
    return [`a qualified name ${pattern} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') problems.push('prefix part must be non-empty');
    else problems.push(...dns1123Subdomain(prefix).map((problem) => `prefix part ${problem}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push('name part must be no more than 63 characters');
  if (!matches(QUALIFIED, name)) problems.push(`name part ${pattern}`);
  return problems;
}

/** The key of a label or annotation: a qualified name, said in other words. */
export function labelKey(text: string): string[] {
  return text.split('/').length > 2
    ? qualifiedName(text).map((problem) => problem.replace('a qualified name', 'a valid label key'))
    : qualifiedName(text);
}

export function labelValue(text: string): string[] {
  const problems = utf8Length(text) > 63 ? ['must be no more than 63 bytes'] : [];
  if (!matches(LABEL_VALUE, text)) {
    problems.push(
      regexError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        LABEL_VALUE,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  }
  return problems;
}

export function configMapKey(text: string): string[] {
  const problems = tooLong(text, 253);
  if (!matches(CONFIG_KEY, text)) {
    problems.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  problems.push(...dotProblems(text));
  return problems;
}

function dotProblems(text: string): string[] {
  if (text === '.') return [`must not be '.'`];
  if (text === '..') return [`must not be '..'`];
  return text.startsWith('..') ? [`must not start with '..'`] : [];
}

/** An environment variable's name as a container may have it, since v1.30. */
export function relaxedEnvVarName(text: string): string[] {
  if (text === '') return ['environment variable name must be non-empty'];
  return /^[ -<>-~]+$/.test(text)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

export function envVarName(text: string): string[] {
  const problems = matches(ENV_NAME, text)
    ? []
    : [
        regexError(
          "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
          ENV_NAME,
          'my.env-name',
          'MY_ENV.NAME',
          'MyEnvName1',
        ),
      ];
  return [...problems, ...dotProblems(text)];
}

export function cIdentifier(text: string): string[] {
  return matches(C_IDENTIFIER, text)
    ? []
    : [
        regexError(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          C_IDENTIFIER,
          'my_name',
          'MY_NAME',
          'MyName',
        ),
      ];
}

export function httpHeaderName(text: string): string[] {
  return matches(HTTP_HEADER, text)
    ? []
    : [regexError("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER, 'X-Header-Name')];
}

export function percent(text: string): string[] {
  return matches(PERCENT, text)
    ? []
    : [regexError("a valid percent string must be a numeric string followed by an ending '%'", PERCENT, '1%', '93%')];
}

/** The name of a port: IANA's service name. */
export function portName(text: string): string[] {
  const problems = text.length > 15 ? ['must be no more than 15 characters'] : [];
  if (!/^[-a-z0-9]+$/.test(text)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(text)) problems.push('must contain at least one letter (a-z)');
  if (text.includes('--')) problems.push('must not contain consecutive hyphens');
  if (text.startsWith('-') || text.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

export function portNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

/** What may stand in a URL path. */
export function pathSegment(text: string): string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%'].filter((c) => text.includes(c)).map((c) => `may not contain '${c}'`);
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Completes `metadata.generateName`; `pick(n)` draws an integer from 0 to n−1. */
export function generateName(prefix: string, pick: (bound: number) => number): string {
  return prefix.slice(0, 58) + randomSuffix(5, pick);
}

export function randomSuffix(length: number, pick: (bound: number) => number): string {
  let suffix = '';
  for (let i = 0; i < length; i++) suffix += SUFFIX_ALPHABET.charAt(pick(SUFFIX_ALPHABET.length));
  return suffix;
}

/** Makes any text safe in a name, keeping its length. Models rand.SafeEncodeString. */
export function safeEncode(text: string): string {
  let out = '';
  for (const char of text) out += SUFFIX_ALPHABET.charAt((char.codePointAt(0) ?? 0) % SUFFIX_ALPHABET.length);
  return out;
}

function tooLong(text: string, limit: number): string[] {
  return utf8Length(text) > limit ? [`must be no more than ${limit} characters`] : [];
}

function utf8Length(text: string): number {
  return utf8Bytes(text).length;
}

function regexError(message: string, pattern: string, ...examples: string[]): string {
  const quoted = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (e.g. ${quoted}regex used for validation is '${pattern}')`;
}
