import type { FlowSchema, FlowSchemaCondition, KubeObject } from '../../../api/types.gen.ts';

/** Schemas reach this decoded and of their kind. */
export function asFlowSchema(object: KubeObject): FlowSchema {
  return object as FlowSchema;
}

/** Whether the schema's priority level exists, in words. Models util/flowcontrol/apf_controller.go: syncFlowSchemaStatus. */
export function dangling(schema: KubeObject, exists: boolean, now: string): FlowSchemaCondition {
  const { name } = asFlowSchema(schema).spec.priorityLevelConfiguration;
  const said = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`;
  return {
    type: 'Dangling',
    status: exists ? 'False' : 'True',
    lastTransitionTime: now,
    reason: exists ? 'Found' : 'NotFound',
    message: exists ? `${said} and it exists` : `${said} but there is no such object`,
  };
}
