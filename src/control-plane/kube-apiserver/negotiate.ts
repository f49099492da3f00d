// Models apiserver/pkg/endpoints/handlers/negotiation.
import { failure } from '../../api/status.ts';

export type Encoding = 'json' | 'yaml';
export type Form = 'object' | 'table' | 'partial';

export interface Accepted {
  readonly encoding: Encoding;
  readonly form: Form;
  readonly pretty: boolean;
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

export const MEDIA_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const;

/** What the client takes best of what can be given; undefined: nothing. */
export function negotiate(accept: string | undefined, query: URLSearchParams, userAgent: string): Accepted | undefined {
  const pretty = prettyOf(query, userAgent);
  if (accept === undefined || accept.trim() === '') return { encoding: 'json', form: 'object', pretty };
  for (const range of parseAccept(accept)) {
    const encoding = encodingOf(range.type);
    if (encoding === undefined) continue;
    const form = formOf(range.parameters);
    if (form === undefined) continue;
    return { encoding, form, pretty };
  }
  return undefined;
}

/** The media ranges in order of preference. */
export function parseAccept(accept: string): MediaRange[] {
  const ranges = accept.split(',').map((part) => {
    const [type = '', ...rest] = part.split(';').map((piece) => piece.trim());
    const parameters = new Map<string, string>();
    for (const piece of rest) {
      const equals = piece.indexOf('=');
      if (equals > 0) parameters.set(piece.slice(0, equals).trim(), piece.slice(equals + 1).trim());
    }
    const quality = Number(parameters.get('q') ?? '1');
    return { type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 1 };
  });
  return ranges.sort((a, b) => b.quality - a.quality);
}

function encodingOf(type: string): Encoding | undefined {
  if (type === '*/*' || type === 'application/*' || type === 'application/json') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

function formOf(parameters: ReadonlyMap<string, string>): Form | undefined {
  const as = parameters.get('as');
  if (as === undefined) return 'object';
  if (parameters.get('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(parameters.get('v') ?? '')) return undefined;
  if (as === 'Table') return 'table';
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'partial' : undefined;
}

/** Browsers and curl read it with their own eyes. */
function prettyOf(query: URLSearchParams, userAgent: string): boolean {
  const asked = query.get('pretty');
  if (asked !== null) return asked === '' || asked === '1' || asked === 'true';
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent);
}

export const PLAIN: Accepted = { encoding: 'json', form: 'object', pretty: false };

export const NOT_ACCEPTABLE = failure(
  406,
  'NotAcceptable',
  '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  {},
);
