import { at, bool, list, record, str } from '../object.ts';
import type { Obj } from '../server.ts';
import { LEVEL_0, LEVEL_1, LEVEL_2, LEVEL_3 } from './writer.ts';
import type { DescribeWriter } from './writer.ts';

/** Models describe.describeVolumes. */
export function writeVolumes(writer: DescribeWriter, volumes: readonly Obj[], space: string): void {
  if (volumes.length === 0) return writer.write(LEVEL_0, `${space}Volumes:\t<none>\n`);
  writer.write(LEVEL_0, `${space}Volumes:\n`);
  for (const volume of volumes) {
    writer.write(LEVEL_1, `${space === '' ? '' : ' '}${str(volume, 'name')}:\n`);
    const source = Object.keys(WRITERS).find((kind) => at(volume, kind) !== undefined);
    if (source === undefined) writer.write(LEVEL_1, '<unknown>\n');
    else WRITERS[source]?.(writer, record(volume, source));
  }
}

type WriteSource = (writer: DescribeWriter, source: Obj) => void;

const lines =
  (type: string, fields: readonly (readonly [string, (source: Obj) => string])[]): WriteSource =>
  (writer, source) => {
    writer.line(LEVEL_2, 'Type:', type);
    for (const [label, value] of fields) writer.line(LEVEL_2, `${label}:`, value(source));
  };

const optional = (source: Obj): string => String(bool(source, 'optional'));

const WRITERS: Readonly<Record<string, WriteSource>> = {
  hostPath: lines('HostPath (bare host directory volume)', [
    ['Path', (source) => str(source, 'path')],
    ['HostPathType', (source) => str(source, 'type')],
  ]),
  emptyDir: lines("EmptyDir (a temporary directory that shares a pod's lifetime)", [
    ['Medium', (source) => str(source, 'medium')],
    ['SizeLimit', (source) => (str(source, 'sizeLimit') === '' ? '<unset>' : str(source, 'sizeLimit'))],
  ]),
  secret: lines('Secret (a volume populated by a Secret)', [
    ['SecretName', (source) => str(source, 'secretName')],
    ['Optional', optional],
  ]),
  configMap: lines('ConfigMap (a volume populated by a ConfigMap)', [
    ['Name', (source) => str(source, 'name')],
    ['Optional', optional],
  ]),
  persistentVolumeClaim: lines('PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)', [
    ['ClaimName', (source) => str(source, 'claimName')],
    ['ReadOnly', (source) => String(bool(source, 'readOnly'))],
  ]),
  nfs: lines('NFS (an NFS mount that lasts the lifetime of a pod)', [
    ['Server', (source) => str(source, 'server')],
    ['Path', (source) => str(source, 'path')],
    ['ReadOnly', (source) => String(bool(source, 'readOnly'))],
  ]),
  downwardAPI: (writer, source) => {
    writer.line(LEVEL_2, 'Type:', 'DownwardAPI (a volume populated by information about the pod)');
    writer.write(LEVEL_2, 'Items:\n');
    for (const item of list(source, 'items')) {
      const from =
        at(item, 'fieldRef') === undefined
          ? str(item, 'resourceFieldRef', 'resource')
          : str(item, 'fieldRef', 'fieldPath');
      writer.write(LEVEL_3, `${from} -> ${str(item, 'path')}\n`);
    }
  },
  projected: (writer, source) => {
    writer.line(LEVEL_2, 'Type:', 'Projected (a volume that contains injected data from multiple sources)');
    for (const part of list(source, 'sources')) writeProjection(writer, part);
  },
};

function writeProjection(writer: DescribeWriter, part: Obj): void {
  if (at(part, 'secret') !== undefined) {
    writer.line(LEVEL_2, 'SecretName:', str(part, 'secret', 'name'));
    writer.line(LEVEL_2, 'Optional:', optional(record(part, 'secret')));
  } else if (at(part, 'downwardAPI') !== undefined) writer.line(LEVEL_2, 'DownwardAPI:', 'true');
  else if (at(part, 'configMap') !== undefined) {
    writer.line(LEVEL_2, 'ConfigMapName:', str(part, 'configMap', 'name'));
    writer.line(LEVEL_2, 'Optional:', optional(record(part, 'configMap')));
  } else if (at(part, 'serviceAccountToken') !== undefined) {
    writer.line(LEVEL_2, 'TokenExpirationSeconds:', str(part, 'serviceAccountToken', 'expirationSeconds'));
  }
}
