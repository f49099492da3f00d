import type { KubeObject } from '../../../api/types.gen.ts';
import type { RequestContext } from '../context.ts';
import type { ServedResource, Server } from '../server.ts';
import type { Column, Printer } from './table.ts';
import { objectText } from '../encode.ts';
import { badRequest } from '../../../api/status.ts';
import { printerOf } from './index.ts';

/** A Table as JSON text. */
export function tableText(
  server: Server,
  ctx: RequestContext,
  resource: ServedResource,
  objects: readonly KubeObject[],
  metadata: object,
  withColumns = true,
): string {
  const include = ctx.query.get('includeObject') ?? '';
  if (!['', 'None', 'Metadata', 'Object'].includes(include)) {
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`);
  }
  const printer = printerOf(resource.kind);
  const now = server.env.now();
  const ordered = printer.compare === undefined ? objects : [...objects].sort(printer.compare);
  const rows = ordered.map((object) => rowText(printer, object, include, now));
  const columns = withColumns ? JSON.stringify(printer.columns.map(definitionOf)) : 'null';
  return `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(metadata)},"columnDefinitions":${columns},"rows":[${rows.join(',')}]}`;
}

function definitionOf(column: Column): object {
  return {
    name: column.name,
    type: column.type ?? 'string',
    format: column.format ?? '',
    description: '',
    priority: column.wide === true ? 1 : 0,
  };
}

function rowText(printer: Printer, object: KubeObject, include: string, now: number): string {
  const cells = JSON.stringify(printer.cells(object, now));
  if (include === 'None') return `{"cells":${cells}}`;
  return `{"cells":${cells},"object":${include === 'Object' ? objectText(object) : partialText(object)}}`;
}

export function partialText(object: KubeObject): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(object.metadata)}}`;
}

export function partialListText(objects: readonly KubeObject[], metadata: object): string {
  const items = objects.map((object) => `{"metadata":${JSON.stringify(object.metadata)}}`);
  return `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}`;
}
