import { describe, expect, it } from 'vitest';
import { goJson, prettyJson } from './go-json.ts';
import { parseGoJson } from './go-json-parse.ts';
import { goValue } from './go-value.ts';
import { DESCRIBE_TABS, GET_TABS, tabulate, Tabwriter } from './tabwriter.ts';
import { unifiedDiff } from './unified-diff.ts';
import { emitYaml } from './yaml-emit.ts';
import { parseYaml, splitYamlDocuments } from './yaml-parse.ts';

describe('tabwriter', () => {
  it('pads cells by three and leaves the last of a line alone', () => {
    expect(tabulate('NAME\tREADY\tAGE\nweb\t1/1\t3s\n', GET_TABS)).toBe('NAME   READY   AGE\nweb    1/1     3s\n');
  });
  it('keeps the room of an empty last column that is not the last cell', () => {
    expect(tabulate('NAME\tDISK\tZONE\na\t\t\n', GET_TABS)).toBe('NAME   DISK   ZONE\na             \n');
  });
  it('ends a column where a line has no such cell', () => {
    expect(tabulate('Name:\tweb\nLong Label:\tx\nIPs:\n  IP:\t1\n', DESCRIBE_TABS)).toBe(
      'Name:        web\nLong Label:  x\nIPs:\n  IP:  1\n',
    );
  });
  it('remembers widths over flushes', () => {
    let out = '';
    const writer = new Tabwriter((text) => (out += text), GET_TABS);
    writer.write('a-very-long-name\tx\n');
    writer.flush();
    writer.write('b\ty\n');
    writer.flush();
    expect(out).toBe('a-very-long-name   x\nb                  y\n');
  });
});

describe('yaml', () => {
  it.each([
    ['true', '"true"'],
    ['y', '"y"'],
    ['null', '"null"'],
    ['', '""'],
    ['123', '"123"'],
    ['1e3', '"1e3"'],
    ['0x1F', '"0x1F"'],
    ['2026-11-22', '"2026-11-22"'],
    ['2026-11-22T13:21:48Z', '"2026-11-22T13:21:48Z"'],
    ['12:30:45', '"12:30:45"'],
    ['plain', 'plain'],
    ['a: b', "'a: b'"],
    ['a #b', "'a #b'"],
    [' lead', "' lead'"],
    ["it's", "it's"],
    ['- x', "'- x'"],
    ['-x', '-x'],
    ['*', "'*'"],
    ['100m', '100m'],
    ['tab\there', '"tab\\there"'],
    ['@x', "'@x'"],
    ['%', "'%'"],
    ['1.2.3', '1.2.3'],
    ['~', '"~"'],
    ['.5', '".5"'],
    ['=', '='],
  ])('quotes %j as go-yaml', (text, written) => expect(emitYaml({ k: text })).toBe(`k: ${written}\n`));
  it('writes lines as a block', () => {
    expect(emitYaml({ a: 'x\ny\n', b: 'x\ny', c: 'x\n\n', d: ' x\ny\n' })).toBe(
      'a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\nd: |2\n   x\n  y\n',
    );
  });
  it('sorts keys naturally and does not indent sequences', () => {
    expect(emitYaml({ b10: 1, b9: [], a: { x: [{ n: 1, m: [[2]] }], y: {} } })).toBe(
      'a:\n  x:\n  - m:\n    - - 2\n    "n": 1\n  "y": {}\nb9: []\nb10: 1\n',
    );
  });
  it('folds long text past the width', () => {
    const text = 'Used for system critical pods that must not be moved from their current node.';
    expect(emitYaml({ items: [{ description: text }] })).toBe(
      'items:\n- description: Used for system critical pods that must not be moved from their current\n    node.\n',
    );
  });
  it('reads YAML 1.1', () => {
    expect(
      parseYaml('a: yes\nb: "yes"\nc: 0644\nd: 2026-01-01\ne: ~\n1: x\nf: &q {r: 1}\ng: *q\nh: {<<: *q, s: 2}\n'),
    ).toEqual({
      a: true,
      b: 'yes',
      c: 420,
      d: '2026-01-01',
      e: null,
      1: 'x',
      f: { r: 1 },
      g: { r: 1 },
      h: { r: 1, s: 2 },
    });
  });
  it.each([
    ['kind: Pod\nmetadata:\n  name: [oops\n', "yaml: line 3: did not find expected ',' or ']'"],
    ['\tapiVersion: v1\n', 'yaml: found character that cannot start any token'],
    ['a: b: c\n', 'yaml: mapping values are not allowed in this context'],
    ['metadata:\n  name: x\n   labels:\n    a: b\n', 'yaml: line 3: mapping values are not allowed in this context'],
    ['a: *nope\n', "yaml: unknown anchor 'nope' referenced"],
    ['a:\n  - b\n c: d\n', 'yaml: line 2: did not find expected key'],
  ])('explains %j as go-yaml', (text, message) => expect(() => parseYaml(text)).toThrow(message));
  it('splits documents at lines of dashes', () => {
    expect(splitYamlDocuments('a: 1\n---\nb: |\n  ---x\n--- # c\nc: 1\n')).toHaveLength(3);
  });
});

describe('json', () => {
  it('escapes what HTML would misread', () => expect(goJson({ a: '<&>' })).toBe('{"a":"\\u003c\\u0026\\u003e"}'));
  it('is indented by four, with empty collections on one line', () => {
    expect(prettyJson({ b: [], a: { c: [1, {}] } })).toBe(
      '{\n    "a": {\n        "c": [\n            1,\n            {}\n        ]\n    },\n    "b": []\n}\n',
    );
  });
  it.each([
    ['{bad', "invalid character 'b' looking for beginning of object key string"],
    ['{"a":1', 'unexpected EOF'],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a":1} x', "invalid character 'x' after top-level value"],
    ['nul', 'unexpected EOF'],
  ])('refuses %j in Go’s words', (text, message) => expect(() => parseGoJson(text)).toThrow(message));
});

describe('go values', () => {
  it('prints maps and lists', () => {
    expect(goValue([{ effect: 'NoSchedule', key: 'a' }, null, 1.5, true])).toBe(
      '[map[effect:NoSchedule key:a] <nil> 1.5 true]',
    );
  });
});

describe('diff', () => {
  it('is unified', () => {
    expect(unifiedDiff('a', 'b', '1\n2\n3\n4\n5\n6\n7\n8\n9\n', '1\n2\n3\n4\nx\n6\n7\n8\n9\n')).toBe(
      '--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n',
    );
    expect(unifiedDiff('a', 'b', '', 'x\n')).toBe('--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n');
  });
});
