import type { Rules } from './rules.ts';
import { DEFAULT_RULES } from './rules.ts';

const DEPRECATED = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice';

export const endpointsRules: Rules = {
  ...DEFAULT_RULES,
  warnings: () => [DEPRECATED],
};
