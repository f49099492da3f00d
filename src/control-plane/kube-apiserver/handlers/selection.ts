import type { FieldSelector } from '../../../api/field-selector.ts';
import type { Selector } from '../../../api/selector.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { ServedResource } from '../server.ts';
import { matchesFields } from '../../../api/field-selector.ts';
import { selectableFieldsOf } from '../../../api/scheme.ts';
import { matchesLabels } from '../../../api/selector.ts';

export type Filter = (object: KubeObject) => boolean;

/** Undefined: everything matches. */
export function filterOf(resource: ServedResource, labels: Selector, fields: FieldSelector): Filter | undefined {
  const byLabels = labels.nothing || labels.requirements.length > 0;
  if (!byLabels && fields.length === 0) return undefined;
  return (stored) => {
    if (byLabels && !matchesLabels(labels, stored.metadata.labels)) return false;
    return fields.length === 0 || matchesFields(fields, selectableFieldsOf(resource.kind, resource.toServed(stored)));
  };
}
