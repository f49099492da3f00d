// Models encoding/pem.
import { decodeBase64, encodeBase64 } from '../base64.ts';

export interface PemBlock {
  /** `CERTIFICATE REQUEST` */
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
  /** What follows it. */
  readonly rest: string;
}

const BLOCK = /-----BEGIN ([^\n-]+)-----[ \t\r]*\n([\s\S]*?)-----END \1-----[ \t\r]*(?:\n|$)/;
const LINE = /.{1,64}/g;

/** The first block of a text; what precedes it does not count. */
export function readPem(text: string): PemBlock | undefined {
  const match = BLOCK.exec(text);
  if (match === null) return undefined;
  const [whole, type = '', body = ''] = match;
  const hasHeaders = /^[^\n:]+:/.test(body);
  const data = hasHeaders ? body.slice(body.indexOf('\n\n') + 1) : body;
  return { type, hasHeaders, bytes: decodeBase64(data), rest: text.slice(match.index + whole.length) };
}

export function writePem(type: string, bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(LINE) ?? [];
  return `-----BEGIN ${type}-----\n${lines.join('\n')}\n-----END ${type}-----\n`;
}
