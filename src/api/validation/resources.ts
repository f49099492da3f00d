// Models ValidateContainerResourceRequirements of pkg/apis/core/validation.
import { sortedKeys } from '../../lib/order.ts';
import { qualifiedName } from '../names.ts';
import { compareQuantities, parseQuantity } from '../quantity.ts';
import type { ResourceRequirements } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, invalid, NOT_NEGATIVE, required } from './field.ts';

const STANDARD = ['cpu', 'memory', 'ephemeral-storage'];

export function validateResources(resources: ResourceRequirements | undefined, path: string): FieldErrors {
  const limits = resources?.limits ?? {};
  const requests = resources?.requests ?? {};
  const errors: FieldErrors = [];
  for (const name of sortedKeys(limits)) {
    const at = `${path}.limits[${name}]`;
    errors.push(...validateResourceName(name, at), ...validateAmount(name, limits[name] ?? '0', at));
  }
  for (const name of sortedKeys(requests)) {
    const request = requests[name] ?? '0';
    errors.push(...validateResourceName(name, `${path}.requests[${name}]`));
    errors.push(...validateAmount(name, request, `${path}.requests[${name}]`));
    const limit = limits[name];
    if (limit === undefined) {
      if (!isOvercommittable(name)) {
        errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
      }
    } else if (!isOvercommittable(name) && compareQuantities(request, limit) !== 0) {
      errors.push(invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
    } else if (compareQuantities(request, limit) > 0) {
      errors.push(invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}

export function validateAmount(name: string, amount: string, path: string): FieldErrors {
  const { nanos } = parseQuantity(amount);
  if (nanos < 0n) return [invalid(path, amount, NOT_NEGATIVE)];
  const whole = isExtended(name) || name === 'pods' || name === 'services';
  return whole && nanos % 1_000_000_000n !== 0n ? [invalid(path, amount, 'must be an integer')] : [];
}

function validateResourceName(name: string, path: string): FieldErrors {
  const problems = qualifiedName(name);
  if (problems.length > 0) return complaints(path, name, problems);
  if (name.includes('/') || STANDARD.includes(name) || name.startsWith('hugepages-')) return [];
  return [
    invalid(path, name, 'must be a standard resource type or fully qualified'),
    invalid(path, name, 'must be a standard resource for containers'),
  ];
}

/** Resources of a device plugin: never shared beyond what is there. */
function isExtended(name: string): boolean {
  return name.includes('/') && !name.startsWith('kubernetes.io/') && !name.includes('.kubernetes.io/');
}

function isOvercommittable(name: string): boolean {
  return !isExtended(name) && !name.startsWith('hugepages-');
}
