import type { FieldSelector } from '../../../api/field-selector.ts';
import type { Selector } from '../../../api/selector.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { ServedResource } from '../server.ts';
import { matchesFields } from '../../../api/field-selector.ts';
import { selectableFieldOf } from '../../../api/scheme.ts';
import { matchesLabels } from '../../../api/selector.ts';

export type Filter = (object: KubeObject) => boolean;

/** Undefined: everything matches. */
export function filterOf(resource: ServedResource, labels: Selector, fields: FieldSelector): Filter | undefined {
  const byLabels = labels.nothing || labels.requirements.length > 0;
  if (!byLabels && fields.length === 0) return undefined;
  return (stored) => {
    if (byLabels && !matchesLabels(labels, stored.metadata.labels)) return false;
    if (fields.length === 0) return true;
    const served = resource.toServed(stored);
    return matchesFields(fields, (field) => selectableFieldOf(resource.kind, served, field));
  };
}
