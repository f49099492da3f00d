// Models k8s.io/apimachinery/pkg/fields and the field label conversions of each group.
import type { Kind } from './kind.ts';
import { quote } from './status.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export type FieldSelector = readonly FieldRequirement[];

export class FieldSelectorError extends Error {
  override readonly name = 'FieldSelectorError';
}

/** Reads `status.phase!=Failed,spec.nodeName=n1`; `\\,` `\\=` and `\\\\` stand for themselves. Throws FieldSelectorError. */
export function parseFieldSelector(text: string): FieldSelector {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^((?:[^\\=!]|\\.|!(?!=))*)(==|!=|=)((?:[^\\]|\\.)*)$/s.exec(term);
      if (match === null) {
        throw new FieldSelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
      }
      const [, field = '', operator, value = ''] = match;
      return { field, operator: operator === '!=' ? '!=' : '=', value: unescape(value) };
    });
}

function splitTerms(text: string): string[] {
  const terms: string[] = [''];
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === ',') terms.push('');
    else terms[terms.length - 1] += char === '\\' ? char + text.charAt(++i) : char;
  }
  return terms;
}

function unescape(value: string): string {
  let out = '';
  for (let i = 0; i < value.length; i++) {
    const char = value.charAt(i);
    if (char === '\\') {
      const next = value.charAt(++i);
      if (next !== '\\' && next !== ',' && next !== '=') {
        throw new FieldSelectorError(`invalid field selector: invalid escape sequence in value: \\${next}`);
      }
      out += next;
    } else if (char === '=') {
      throw new FieldSelectorError(`invalid field selector: unescaped character in value: ${char}`);
    } else out += char;
  }
  return out;
}

/** `valueOf` says what the object has for a field: only those that are named are read. */
export function matchesFields(selector: FieldSelector, valueOf: (field: string) => string): boolean {
  return selector.every(({ field, operator, value }) => (valueOf(field) === value) === (operator === '='));
}

/** The value that a selector demands of a field, if it demands one. */
export function requiredValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((requirement) => requirement.field === field && requirement.operator === '=')?.value;
}

/** The complaint about a field that this kind cannot be selected by. */
export function unknownFieldLabel(kind: Kind, selector: FieldSelector): string | undefined {
  for (const { field } of selector) {
    if (field === 'metadata.name' || field === 'metadata.namespace' || kind.selectableFields.includes(field)) continue;
    return kind.selectableFields.length === 0
      ? `${quote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
      : `field label not supported: ${field}`;
  }
  return undefined;
}
