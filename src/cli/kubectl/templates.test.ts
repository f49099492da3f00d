import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/json.ts';
import { columnsHeader, columnsRow, parseCustomColumns } from './custom-columns.ts';
import { FlagError, HelpRequested, parseArgs } from './flags.ts';
import type { FlagSpec } from './flags.ts';
import { parseTemplate, renderTemplate } from './go-template.ts';
import { parseJsonPath } from './jsonpath-parse.ts';
import { relaxedPath, renderJsonPath } from './jsonpath.ts';

const POD: JsonObject = {
  metadata: { name: 'web', labels: { app: 'web', 'a.b/c': 'x' } },
  spec: {
    containers: [
      { name: 'c', image: 'nginx:1.27', ports: [{ containerPort: 80 }] },
      { name: 'd', image: 'redis' },
    ],
  },
  status: { phase: 'Running', ready: true, count: 3 },
};
const LIST = { items: [POD, { metadata: { name: 'db' }, status: { phase: 'Pending', count: 1 } }] };

describe('jsonpath', () => {
  it.each([
    ['{.metadata.name}', 'web'],
    ['{ .metadata.name }', 'web'],
    ['{.spec.containers[*].image}', 'nginx:1.27 redis'],
    ['{.spec.containers[0].ports[0].containerPort}', '80'],
    ['{.spec.containers[-1:].name}', 'd'],
    ['{.spec.containers[0:1].name}', 'c'],
    ["{.metadata.labels['a.b/c']}", 'x'],
    ['{.metadata.labels.a\\.b/c}', 'x'],
    ['{.metadata.labels}', '{"a.b/c":"x","app":"web"}'],
    ['{..name}', 'web c d'],
    ['{.spec.containers[?(@.name=="d")].image}', 'redis'],
    ['{.spec.containers[?(@.ports)].name}', 'c'],
    ['{range .spec.containers[*]}{.name}{"\\t"}{.image}{"\\n"}{end}', 'c\tnginx:1.27\nd\tredis\n'],
    ['name: {.metadata.name}!', 'name: web!'],
    ['{.nope.nada}', ''],
    ['{.status.ready}{.status.count}', 'true3'],
    ["{.metadata['name','labels']}", 'web {"a.b/c":"x","app":"web"}'],
  ])('%s', (template, text) => {
    expect(renderJsonPath(parseJsonPath(template), POD, { allowMissingKeys: true })).toBe(text);
  });
  it('goes through lists with filters and numbers', () => {
    const path = parseJsonPath('{.items[?(@.status.count>1)].metadata.name}');
    expect(renderJsonPath(path, LIST, { allowMissingKeys: true })).toBe('web');
  });
  it.each([
    ['{.items[0]', 'unclosed action'],
    ['{.items[0', 'unterminated array'],
    ['{.a}{end}', 'not in range, nothing to end'],
    ['{+}', "unrecognized character in action: U+002B '+'"],
  ])('refuses %s', (template, message) => expect(() => parseJsonPath(template)).toThrow(message));
  it('refuses a missing key when told to', () => {
    expect(() => renderJsonPath(parseJsonPath('{.nope}'), POD, { allowMissingKeys: false })).toThrow(
      'nope is not found',
    );
    expect(() => renderJsonPath(parseJsonPath('{.spec.containers[5]}'), POD, { allowMissingKeys: true })).toThrow(
      'array index out of bounds: index 5, length 2',
    );
  });
  it.each(['a.b', '.a.b', '{a.b}', '{.a.b}'])('takes %s for a path', (text) =>
    expect(relaxedPath(text)).toBe('{.a.b}'),
  );
});

describe('custom columns', () => {
  it('shows headers, values and what is not there', () => {
    const columns = parseCustomColumns('N:.metadata.name,I:.spec.containers[*].image,X:.spec.none,L:.metadata.labels');
    expect(columnsHeader(columns)).toBe('N\tI\tX\tL');
    expect(columnsRow(columns, POD)).toBe('web\tnginx:1.27,redis\t<none>\tmap[a.b/c:x app:web]');
  });
  it('refuses a column without a path', () => {
    expect(() => parseCustomColumns('NAME')).toThrow(
      'unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>',
    );
  });
});

describe('go-template', () => {
  it.each([
    ['{{.metadata.name}} {{range .spec.containers}}{{.image}},{{end}}', 'web nginx:1.27,redis,'],
    ['{{.x.y.z}}', '<no value>'],
    ['{{if .status.ready}}up{{else}}down{{end}}', 'up'],
    ['{{range $i, $c := .spec.containers}}{{$i}}={{$c.name}} {{end}}', '0=c 1=d '],
    ['{{index .metadata.labels "a.b/c"}}', 'x'],
    ['{{len .spec.containers}} {{printf "%s-%d" .metadata.name .status.count}}', '2 web-3'],
    ['{{with .metadata}}{{.name}}{{end}}{{"\\n"}}', 'web\n'],
    ['{{- if eq .status.phase "Running" -}} yes {{- end -}}', 'yes'],
    ['{{range .none}}x{{else}}none{{end}}', 'none'],
    ['{{.metadata.name | printf "%q"}}', '"web"'],
  ])('%s', (template, text) => expect(renderTemplate(parseTemplate(template), POD)).toBe(text));
});

const FLAGS: readonly FlagSpec[] = [
  { name: 'output', short: 'o', type: 'string' },
  { name: 'watch', short: 'w', type: 'bool', fallback: 'false' },
  { name: 'all-namespaces', short: 'A', type: 'bool', fallback: 'false' },
  { name: 'dry-run', type: 'string', fallback: 'none', bare: 'unchanged' },
  { name: 'replicas', type: 'int', fallback: '0' },
  { name: 'timeout', type: 'duration', fallback: '0s' },
  { name: 'label-columns', short: 'L', type: 'slice' },
];

describe('flags', () => {
  it('takes long, short and bundled ones, with values in every form', () => {
    const flags = parseArgs(FLAGS, [
      'pods',
      '-wAo',
      'yaml',
      '--replicas=3',
      '-Lapp,tier',
      '-L=x',
      '--dry-run',
      'web',
      '--',
      '-x',
    ]);
    expect(flags.args).toEqual(['pods', 'web', '-x']);
    expect(flags.dash).toBe(2);
    expect([flags.bool('watch'), flags.bool('all-namespaces'), flags.string('output')]).toEqual([true, true, 'yaml']);
    expect([flags.int('replicas'), flags.list('label-columns'), flags.string('dry-run')]).toEqual([
      3,
      ['app', 'tier', 'x'],
      'unchanged',
    ]);
  });
  it.each([
    [['--bogus'], 'unknown flag: --bogus'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['-wz'], "unknown shorthand flag: 'z' in -z"],
    [['--output'], 'flag needs an argument: --output'],
    [['-o'], "flag needs an argument: 'o' in -o"],
    [['--replicas=x'], 'invalid argument "x" for "--replicas" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    [
      ['--watch=maybe'],
      'invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [['--timeout=5'], 'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseArgs(FLAGS, argv)).toThrow(FlagError);
    expect(() => parseArgs(FLAGS, argv)).toThrow(message);
  });
  it('knows help', () => expect(() => parseArgs(FLAGS, ['-h'])).toThrow(HelpRequested));
});
