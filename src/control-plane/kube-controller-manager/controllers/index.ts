import type { ControllerProgram } from '../controller.ts';
import { certificateSigningRequestApprovingController } from './certificatesigningrequest-approving-controller.ts';
import { certificateSigningRequestCleanerController } from './certificatesigningrequest-cleaner-controller.ts';
import { certificateSigningRequestSigningController } from './certificatesigningrequest-signing-controller.ts';
import { clusterRoleAggregationController } from './clusterrole-aggregation-controller.ts';
import { deploymentController } from './deployment-controller.ts';
import { endpointSliceController } from './endpointslice-controller.ts';
import { endpointsController } from './endpoints-controller.ts';
import { garbageCollectorController } from './garbage-collector-controller.ts';
import { namespaceController } from './namespace-controller.ts';
import { nodeIpamController } from './node-ipam-controller.ts';
import { nodeLifecycleController } from './node-lifecycle-controller.ts';
import { podGarbageCollectorController } from './pod-garbage-collector-controller.ts';
import { replicaSetController } from './replicaset-controller.ts';
import { rootCaCertificatePublisherController } from './root-ca-certificate-publisher-controller.ts';
import { serviceAccountController } from './serviceaccount-controller.ts';
import { taintEvictionController } from './taint-eviction-controller.ts';
import { ttlController } from './ttl-controller.ts';

/** Every controller, by name. */
export const CONTROLLERS: readonly ControllerProgram[] = [
  certificateSigningRequestApprovingController,
  certificateSigningRequestCleanerController,
  certificateSigningRequestSigningController,
  clusterRoleAggregationController,
  deploymentController,
  endpointsController,
  endpointSliceController,
  garbageCollectorController,
  namespaceController,
  nodeIpamController,
  nodeLifecycleController,
  podGarbageCollectorController,
  replicaSetController,
  rootCaCertificatePublisherController,
  serviceAccountController,
  taintEvictionController,
  ttlController,
];
