// Models pkg/registry/flowcontrol and pkg/apis/flowcontrol/v1/defaults.go.
import { applyDefaults } from '../defaults/table.ts';
import type { FlowSchema, PriorityLevelConfiguration } from '../types.gen.ts';
import {
  validateFlowSchema,
  validateFlowSchemaUpdate,
  validatePriorityLevel,
  validatePriorityLevelUpdate,
} from '../validation/flowcontrol.ts';
import { defineStrategy } from './strategy.ts';

export const FLOW_SCHEMA_STRATEGY = defineStrategy<FlowSchema>({
  setDefaults: (schema) => applyDefaults(schema, [['spec.matchingPrecedence', 1000]]),
  prepareForCreate: (schema) => {
    schema.status = {};
  },
  prepareForUpdate: (schema, old) => {
    Object.assign(schema, { status: structuredClone(old.status ?? {}) });
  },
  validate: validateFlowSchema,
  validateUpdate: validateFlowSchemaUpdate,
});

export const PRIORITY_LEVEL_CONFIGURATION_STRATEGY = defineStrategy<PriorityLevelConfiguration>({
  setDefaults: (level) =>
    applyDefaults(level, [
      ['spec.exempt.nominalConcurrencyShares', 0],
      ['spec.exempt.lendablePercent', 0],
      ['spec.limited.nominalConcurrencyShares', 30],
      ['spec.limited.lendablePercent', 0],
      ['spec.limited.limitResponse.queuing.queues', 64],
      ['spec.limited.limitResponse.queuing.handSize', 8],
      ['spec.limited.limitResponse.queuing.queueLengthLimit', 50],
    ]),
  prepareForCreate: (level) => {
    level.status = {};
  },
  prepareForUpdate: (level, old) => {
    Object.assign(level, { status: structuredClone(old.status ?? {}) });
  },
  validate: validatePriorityLevel,
  validateUpdate: validatePriorityLevelUpdate,
});
