import type { KubeObject, Namespace } from '../../../api/types.gen.ts';
import type { Rules } from './rules.ts';
import { DEFAULT_RULES } from './rules.ts';

export const namespaceRules: Rules = {
  ...DEFAULT_RULES,
  returnsDeleted: true,
  mayDeleteDuringUpdate: (next) => (asNamespace(next).spec?.finalizers ?? []).length === 0,
};

export function asNamespace(object: KubeObject): Namespace {
  return object as Namespace;
}
