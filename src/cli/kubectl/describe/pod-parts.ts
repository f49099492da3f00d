import { list, num, record, str, stringMap } from '../object.ts';
import type { Obj } from '../server.ts';
import { writeContainers } from './containers.ts';
import { writeVolumes } from './volumes.ts';
import { labelLines, LEVEL_0, LEVEL_1, multiline } from './writer.ts';
import type { DescribeWriter } from './writer.ts';
import { formatSelector, labelSelector } from '../../../api/selector.ts';

export function writeTolerations(writer: DescribeWriter, tolerations: readonly Obj[], indent = ''): void {
  const sorted = [...tolerations].sort((a, b) =>
    str(a, 'key') < str(b, 'key') ? -1 : str(a, 'key') > str(b, 'key') ? 1 : 0,
  );
  multiline(writer, 'Tolerations', sorted.map(tolerationText), indent);
}

function tolerationText(toleration: Obj): string {
  const [key, value, effect] = [str(toleration, 'key'), str(toleration, 'value'), str(toleration, 'effect')];
  let text = key + (value === '' ? '' : `=${value}`) + (effect === '' ? '' : `:${effect}`);
  if (str(toleration, 'operator') === 'Exists' && value === '') text += text === '' ? 'op=Exists' : ' op=Exists';
  const seconds = num(toleration, 'tolerationSeconds');
  return seconds === undefined ? text : `${text} for ${seconds}s`;
}

export function writeTopologySpread(writer: DescribeWriter, constraints: readonly Obj[], indent = ''): void {
  if (constraints.length === 0) return;
  const sorted = [...constraints].sort((a, b) => (str(a, 'topologyKey') < str(b, 'topologyKey') ? -1 : 1));
  multiline(
    writer,
    'Topology Spread Constraints',
    sorted.map((each) => {
      const selector = record(each, 'labelSelector');
      const suffix =
        Object.keys(selector).length === 0 ? '' : ` for selector ${formatSelector(labelSelector(selector))}`;
      return `${str(each, 'topologyKey')}:${str(each, 'whenUnsatisfiable')} when max skew ${num(each, 'maxSkew') ?? 0} is exceeded${suffix}`;
    }),
    indent,
  );
}

/** Models describe.DescribePodTemplate. */
export function writePodTemplate(writer: DescribeWriter, template: Obj): void {
  const spec = record(template, 'spec');
  writer.write(LEVEL_0, 'Pod Template:\n');
  const indent = '  ';
  multiline(writer, 'Labels', labelLines(stringMap(template, 'metadata', 'labels')), indent);
  const annotations = stringMap(template, 'metadata', 'annotations');
  if (Object.keys(annotations).length > 0) {
    multiline(
      writer,
      'Annotations',
      Object.keys(annotations)
        .sort()
        .map((key) => `${key}: ${annotations[key] ?? ''}`),
      indent,
    );
  }
  if (str(spec, 'serviceAccountName') !== '') writer.line(LEVEL_1, 'Service Account:', str(spec, 'serviceAccountName'));
  const none = (): string => '';
  if (list(spec, 'initContainers').length > 0)
    writeContainers(writer, 'Init Containers', list(spec, 'initContainers'), [], indent, none);
  writeContainers(writer, 'Containers', list(spec, 'containers'), [], indent, none);
  writeVolumes(writer, list(spec, 'volumes'), indent);
  writeTopologySpread(writer, list(spec, 'topologySpreadConstraints'), indent);
  if (str(spec, 'priorityClassName') !== '')
    writer.line(LEVEL_1, 'Priority Class Name:', str(spec, 'priorityClassName'));
  multiline(writer, 'Node-Selectors', labelLines(stringMap(spec, 'nodeSelector')), indent);
  writeTolerations(writer, list(spec, 'tolerations'), indent);
}
