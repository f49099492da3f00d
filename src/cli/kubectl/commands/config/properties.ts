import { CliError } from '../../errors.ts';
import type { KubeConfigFile } from '../../io.ts';
import type { Obj } from '../../server.ts';
import { base64ToText, textToBase64 } from '../../../text/base64.ts';
import { goQuote } from '../../../text/go-quote.ts';

type FieldType = 'text' | 'bool' | 'bytes';

/** What an entry of a section may have. */
const FIELDS: Readonly<Record<'clusters' | 'contexts' | 'users', Readonly<Record<string, FieldType>>>> = {
  clusters: {
    'certificate-authority': 'text',
    'certificate-authority-data': 'bytes',
    'disable-compression': 'bool',
    'insecure-skip-tls-verify': 'bool',
    'proxy-url': 'text',
    server: 'text',
    'tls-server-name': 'text',
  },
  contexts: { cluster: 'text', namespace: 'text', user: 'text' },
  users: {
    as: 'text',
    'as-uid': 'text',
    'client-certificate': 'text',
    'client-certificate-data': 'bytes',
    'client-key': 'text',
    'client-key-data': 'bytes',
    password: 'text',
    token: 'text',
    tokenFile: 'text',
    username: 'text',
  },
};

interface Place {
  readonly section: keyof typeof FIELDS;
  readonly name: string;
  /** Undefined: the whole entry. */
  readonly field: string | undefined;
}

/** Where `contexts.dev.namespace` points; names may hold dots when a known field follows. */
function placeOf(path: string): Place {
  const [section = '', ...rest] = path.split('.');
  if (section !== 'clusters' && section !== 'contexts' && section !== 'users')
    throw new CliError(`unable to parse ${path} after [] at api.Config`);
  const last = rest.at(-1) ?? '';
  const known = rest.length > 1 && Object.hasOwn(FIELDS[section], last);
  return { section, name: (known ? rest.slice(0, -1) : rest).join('.'), field: known ? last : undefined };
}

export function setProperty(file: KubeConfigFile, path: string, value: string, raw: boolean): KubeConfigFile {
  if (path === 'current-context') return { ...file, currentContext: value };
  const { section, name, field } = placeOf(path);
  if (field === undefined)
    throw new CliError(`can't set a map to a value: map[${Object.keys(file[section]).sort().join(' ')}]`);
  const empty: Obj = section === 'contexts' ? { cluster: '', user: '' } : section === 'clusters' ? { server: '' } : {};
  const entry = { ...empty, ...file[section][name], [field]: valueOf(FIELDS[section][field], value, raw) };
  return { ...file, [section]: { ...file[section], [name]: entry } };
}

function valueOf(type: FieldType | undefined, value: string, raw: boolean): string | boolean {
  if (type === 'bool') {
    if (!/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value))
      throw new CliError(`strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`);
    return /^[1tT]/.test(value);
  }
  if (type !== 'bytes') return value;
  if (raw) return textToBase64(value);
  const bad = /[^A-Za-z0-9+/=]/.exec(value);
  if (bad !== null || value.length % 4 !== 0)
    throw new CliError(`error decoding base64: illegal base64 data at input byte ${bad?.index ?? value.length}`);
  return textToBase64(base64ToText(value));
}

export function unsetProperty(file: KubeConfigFile, path: string): KubeConfigFile {
  if (path === 'current-context') return { ...file, currentContext: '' };
  const { section, name, field } = placeOf(path);
  if (name === '') return { ...file, [section]: {} };
  const { [name]: entry, ...others } = file[section];
  if (entry === undefined || field === undefined) return { ...file, [section]: others };
  const { [field]: _gone, ...rest } = entry;
  return { ...file, [section]: { ...file[section], [name]: rest } };
}
