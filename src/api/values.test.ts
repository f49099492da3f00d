import { describe, expect, it } from 'vitest';
import { canonicalQuantity, addQuantities, compareQuantities, quantityMilliValue, quantityValue } from './quantity.ts';
import { formatSelector, labelSelector, matchesLabels, parseSelector } from './selector.ts';
import { matchesFields, parseFieldSelector } from './field-selector.ts';
import { scaledValue } from './int-or-string.ts';
import { generateName, qualifiedName } from './names.ts';
import type { Container } from './types.gen.ts';
import { nonZeroRequests, podRequests, qosClass } from './pods.ts';
import { tolerates } from './taints.ts';

describe('quantity', () => {
  it.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1023', '1023'],
    ['0.1Gi', '107374182400m'],
    ['1e3', '1e3'],
    ['9E', '9E'],
    ['1e-3', '1e-3'],
    ['100000k', '100M'],
    ['0', '0'],
    ['-1.1', '-1100m'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['.5', '500m'],
    ['5.', '5'],
    ['1Ki', '1Ki'],
    ['1023Ki', '1023Ki'],
    ['0.5Ki', '512'],
  ])('%s is %s', (text, canonical) => expect(canonicalQuantity(text)).toBe(canonical));
  it.each([
    ['', 'quantities must match the regular expression'],
    ['abc', 'quantities must match the regular expression'],
    ['1Zi', 'quantities must match the regular expression'],
    ['1kk', "unable to parse quantity's suffix"],
    ['1Mi2', "unable to parse quantity's suffix"],
  ])('rejects %j', (text, message) => expect(() => canonicalQuantity(text)).toThrow(message));
  it('counts exactly', () => {
    expect(addQuantities('100m', '0.9')).toBe('1');
    expect(compareQuantities('1Gi', '1G')).toBe(1);
    expect(quantityMilliValue('1.0001')).toBe(1001);
    expect(quantityValue('100m')).toBe(1);
  });
});

describe('selectors', () => {
  const labels = { app: 'web', tier: 'front', n: '5' };
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['tier in (front, back),!legacy', true],
    ['tier notin (front)', false],
    ['missing notin (front)', true],
    ['app', true],
    ['n>4,n<6', true],
    ['n>5', false],
    ['in in (in)', false],
    ['app=', false],
  ])('%j', (text, expected) => expect(matchesLabels(parseSelector(text), labels)).toBe(expected));
  it.each([
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a,,b', "found ',', expected: identifier after ','"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a==b=c', "found '=', expected: ',' or 'end of string'"],
    ['a/b/c=d', 'unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key must consist'],
    [
      'a>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ])('rejects %j', (text, message) => expect(() => parseSelector(text)).toThrow(message));
  it('prints and reads back', () => {
    const text = 'app=web,tier in (a,b),!x';
    expect(formatSelector(parseSelector(text))).toBe('app=web,tier in (a,b),!x');
    expect(matchesLabels(labelSelector(undefined), labels)).toBe(false);
    expect(matchesLabels(labelSelector({}), labels)).toBe(true);
    expect(formatSelector(labelSelector({ matchLabels: { b: '1', a: '2' } }))).toBe('a=2,b=1');
  });
  it('selects by field', () => {
    const selector = parseFieldSelector('spec.nodeName=n1,status.phase!=Failed');
    const isIn = (phase: string) => (field: string) => (field === 'status.phase' ? phase : 'n1');
    expect(matchesFields(selector, isIn('Running'))).toBe(true);
    expect(matchesFields(selector, isIn('Failed'))).toBe(false);
    expect(parseFieldSelector('a=b\\,c')).toEqual([{ field: 'a', operator: '=', value: 'b,c' }]);
    expect(() => parseFieldSelector('bogus')).toThrow("invalid selector: 'bogus'; can't understand 'bogus'");
  });
});

describe('pods', () => {
  const container = (name: string, cpu: string, extra = {}): Container => ({
    name,
    image: 'i',
    resources: { requests: { cpu } },
    ...extra,
  });
  it('asks for the peak of its start-up', () => {
    const spec = {
      containers: [container('a', '100m'), container('b', '0.2')],
      initContainers: [container('s', '50m', { restartPolicy: 'Always' }), container('i', '400m')],
    };
    expect(podRequests(spec)).toEqual({ cpu: 450 });
    expect(nonZeroRequests({ containers: [{ name: 'a', image: 'i' }] })).toEqual({ cpu: 100, memory: 209_715_200 });
  });
  it('has a class of service', () => {
    const full = { cpu: '1', memory: '1Gi' };
    expect(qosClass({ containers: [{ name: 'a' }] })).toBe('BestEffort');
    expect(qosClass({ containers: [container('a', '1')] })).toBe('Burstable');
    expect(qosClass({ containers: [{ name: 'a', resources: { limits: full, requests: full } }] })).toBe('Guaranteed');
  });
  it('tolerates', () => {
    const taint = { key: 'k', value: 'v', effect: 'NoSchedule' };
    expect(tolerates({ operator: 'Exists' }, taint)).toBe(true);
    expect(tolerates({ key: 'k', value: 'v' }, taint)).toBe(true);
    expect(tolerates({ key: 'k', value: 'w' }, taint)).toBe(false);
    expect(tolerates({ key: 'k', operator: 'Exists', effect: 'NoExecute' }, taint)).toBe(false);
  });
});

describe('small values', () => {
  it('rounds percentages', () => {
    expect(scaledValue('25%', 6, true)).toBe(2);
    expect(scaledValue('25%', 6, false)).toBe(1);
    expect(scaledValue(3, 6, true)).toBe(3);
    expect(scaledValue('x', 6, true)).toBeUndefined();
  });
  it('makes names', () => {
    expect(generateName('web-', (n) => n - 1)).toBe('web-99999');
    expect(qualifiedName('a.b/c')).toEqual([]);
    expect(qualifiedName('a/')).toContain('name part must be non-empty');
  });
});
