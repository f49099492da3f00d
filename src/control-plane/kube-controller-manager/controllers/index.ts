import type { ControllerProgram } from '../controller.ts';
import { deploymentController } from './deployment-controller.ts';
import { replicaSetController } from './replicaset-controller.ts';

/** Every controller, by name. */
export const CONTROLLERS: readonly ControllerProgram[] = [deploymentController, replicaSetController];
