// Models k8s.io/apimachinery/pkg/apis/meta/v1/validation.
import { sortedKeys } from '../../lib/order.ts';
import { labelKey, labelValue } from '../names.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../types.gen.ts';
import { validateLabels } from './metadata.ts';
import type { FieldErrors } from './field.ts';
import { complaints, forbiddenField, invalid, required } from './field.ts';

export function validateLabelSelector(selector: LabelSelector | undefined, path: string): FieldErrors {
  if (selector === undefined) return [];
  return [
    ...validateLabels(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((requirement, i) => {
      return validateRequirement(requirement, `${path}.matchExpressions[${i}]`);
    }),
  ];
}

function validateRequirement({ key, operator, values = [] }: LabelSelectorRequirement, path: string): FieldErrors {
  const errors: FieldErrors = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(
        forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      );
    }
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  errors.push(...complaints(`${path}.key`, key, labelKey(key)));
  values.forEach((value, i) => errors.push(...complaints(`${path}.values[${i}]`, value, labelValue(value))));
  return errors;
}

/** Without a single condition: such a selector would take everything. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return sortedKeys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
}
