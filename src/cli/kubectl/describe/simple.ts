import { decodeBase64 } from '../../../api/base64.ts';
import { isObject } from '../../../lib/json.ts';
import { goValue } from '../../text/go-value.ts';
import { base64ToText } from '../../text/base64.ts';
import { annotationsOf, bool, list, nameOf, namespaceOf, str, stringMap } from '../object.ts';
import { writeEvents } from './events.ts';
import { DescribeWriter, labelLines, LEVEL_0, LEVEL_1, multiline, timeText, writeHead } from './writer.ts';
import type { Describer } from './writer.ts';
import type { Obj } from '../server.ts';
import { pathTo } from '../discovery.ts';
import type { Context } from '../command.ts';
import { discoveryOf } from '../selection.ts';

function writeIdentity(writer: DescribeWriter, object: Obj): void {
  writeHead(writer, object, namespaceOf(object) !== '');
}

export const namespace: Describer = {
  group: '',
  kind: 'Namespace',
  async describe(context, object) {
    const writer = new DescribeWriter();
    writeIdentity(writer, object);
    writer.line(LEVEL_0, 'Status:', str(object, 'status', 'phase'));
    const conditions = list(object, 'status', 'conditions');
    if (conditions.length > 0) {
      writer.write(LEVEL_0, 'Conditions:\n');
      writer.write(LEVEL_1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage\n');
      writer.write(LEVEL_1, '----\t------\t------------------\t------\t-------\n');
    }
    for (const each of conditions) {
      writer.line(
        LEVEL_1,
        str(each, 'type'),
        str(each, 'status'),
        timeText(str(each, 'lastTransitionTime')),
        str(each, 'reason'),
        str(each, 'message'),
      );
    }
    if ((await countOf(context, 'resourcequotas', nameOf(object))) === 0)
      writer.write(LEVEL_0, '\nNo resource quota.\n');
    if ((await countOf(context, 'limitranges', nameOf(object))) === 0)
      writer.write(LEVEL_0, '\nNo LimitRange resource.\n');
    return writer.finish();
  },
};

/** How many objects of a kind the namespace has; undefined when the server does not know the kind. */
async function countOf(context: Context, plural: string, inNamespace: string): Promise<number | undefined> {
  const resource = (await discoveryOf(context).all()).find((each) => each.plural === plural && each.group === '');
  if (resource === undefined) return undefined;
  return list(await context.server.json('GET', pathTo(resource, inNamespace)), 'items').length;
}

export const configMap: Describer = {
  group: '',
  kind: 'ConfigMap',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    writeIdentity(writer, object);
    writer.write(LEVEL_0, '\nData\n====\n');
    const data = stringMap(object, 'data');
    for (const key of Object.keys(data).sort()) writer.write(LEVEL_0, `${key}:\n----\n${data[key] ?? ''}\n\n`);
    writer.write(LEVEL_0, '\nBinaryData\n====\n');
    const binary = stringMap(object, 'binaryData');
    for (const key of Object.keys(binary).sort())
      writer.write(LEVEL_0, `${key}: ${decodeBase64(binary[key] ?? '').length} bytes\n`);
    writer.write(LEVEL_0, '\n');
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

export const secret: Describer = {
  group: '',
  kind: 'Secret',
  describe(_context, object) {
    const writer = new DescribeWriter();
    writeIdentity(writer, object);
    writer.write(LEVEL_0, `\nType:\t${str(object, 'type')}\n`);
    writer.write(LEVEL_0, '\nData\n====\n');
    const data = stringMap(object, 'data');
    const isToken = str(object, 'type') === 'kubernetes.io/service-account-token';
    for (const key of Object.keys(data).sort()) {
      const shown =
        key === 'token' && isToken ? base64ToText(data[key] ?? '') : `${decodeBase64(data[key] ?? '').length} bytes`;
      writer.line(LEVEL_0, `${key}:`, shown);
    }
    return Promise.resolve(writer.finish());
  },
};

export const serviceAccount: Describer = {
  group: '',
  kind: 'ServiceAccount',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    writeIdentity(writer, object);
    const names = (field: string): string[] =>
      list(object, field)
        .map((each) => str(each, 'name'))
        .sort();
    multiline(writer, 'Image pull secrets', names('imagePullSecrets'));
    const mountable = names('secrets');
    if (mountable.length > 0) multiline(writer, 'Mountable secrets', mountable);
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

export const priorityClass: Describer = {
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    writer.line(LEVEL_0, 'Name:', nameOf(object));
    writer.line(LEVEL_0, 'Value:', str(object, 'value'));
    writer.line(LEVEL_0, 'GlobalDefault:', String(bool(object, 'globalDefault')));
    writer.line(LEVEL_0, 'PreemptionPolicy:', str(object, 'preemptionPolicy') || '<unset>');
    writer.line(LEVEL_0, 'Description:', str(object, 'description'));
    const annotations = labelLines(annotationsOf(object));
    writer.line(LEVEL_0, 'Annotations:', annotations.length === 0 ? '<none>' : annotations.join(','));
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

const OMITTED = new Set([
  '.metadata.managedFields',
  '.metadata.name',
  '.metadata.namespace',
  '.metadata.labels',
  '.metadata.annotations',
]);

/** Kinds without a describer of their own: every field under a label made from its name. */
export const generic: Describer = {
  group: '*',
  kind: '*',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    writeHead(writer, object);
    writeContent(writer, 0, object, '');
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

function writeContent(
  writer: DescribeWriter,
  level: number,
  content: Readonly<Record<string, unknown>>,
  prefix: string,
): void {
  for (const field of Object.keys(content).sort()) {
    const path = `${prefix}.${field}`;
    if (OMITTED.has(path)) continue;
    const value = content[field];
    if (isObject(value)) {
      writer.write(level, `${labelFor(field)}:\n`);
      writeContent(writer, level + 1, value, path);
    } else if (Array.isArray(value)) {
      writer.write(level, `${labelFor(field)}:\n`);
      for (const each of value) {
        if (isObject(each)) writeContent(writer, level + 1, each, path);
        else writer.write(level + 1, `${goValue(each)}\n`);
      }
    } else writer.line(level, `${labelFor(field)}:`, goValue(value));
  }
}

const ACRONYMS = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

function labelFor(field: string): string {
  if (/[^A-Za-z-]/.test(field)) return field;
  const parts = field.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|-/g) ?? [field];
  return parts
    .map((part) => (ACRONYMS.has(part.toUpperCase()) ? part.toUpperCase() : part[0]?.toUpperCase() + part.slice(1)))
    .join(' ');
}
