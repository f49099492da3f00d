import { describe, expect, it } from 'vitest';
import { decodeBody } from '../decode-request.ts';
import { KINDS, kindOf } from '../scheme.ts';
import { prepareForCreate, prepareForUpdate, validateCreate, validateUpdate, withDefaults } from '../strategy/index.ts';
import type { KubeObject } from '../meta.ts';

function stored(object: object): { readonly object: KubeObject; readonly problem: string } {
  const kind = kindOf(object as KubeObject) ?? KINDS[0];
  if (kind === undefined) throw new Error('no kind');
  const decoded = decodeBody(JSON.stringify(object), kind).object;
  const prepared = prepareForCreate(kind, withDefaults(kind, decoded));
  return { object: prepared, problem: validateCreate(kind, prepared)?.message ?? '' };
}

const meta = { name: 'x', namespace: 'default' };
const pod = (spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta,
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});
const service = (spec: object): object => ({ apiVersion: 'v1', kind: 'Service', metadata: meta, spec });
const deployment = (spec: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: meta,
  spec: {
    selector: { matchLabels: { app: 'x' } },
    template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    ...spec,
  },
});

describe('validation', () => {
  it.each<[object, string]>([
    [pod({}), ''],
    [pod({ containers: [] }), 'Pod "x" is invalid: spec.containers: Required value'],
    [
      pod({ containers: [{ name: 'c' }, { name: 'c', image: 'i' }] }),
      'Pod "x" is invalid: [spec.containers[0].image: Required value, spec.containers[1].name: Duplicate value: "c"]',
    ],
    [
      pod({ restartPolicy: 'Maybe' }),
      'Pod "x" is invalid: spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      pod({ activeDeadlineSeconds: 0 }),
      'Pod "x" is invalid: spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
    ],
    [
      pod({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'Never' }] }),
      'Pod "x" is invalid: spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"',
    ],
    [
      pod({ dnsPolicy: 'None' }),
      'Pod "x" is invalid: spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
    ],
    [
      pod({ hostUsers: false, hostNetwork: true }),
      'Pod "x" is invalid: spec.hostNetwork: Forbidden: when `hostUsers` is false',
    ],
    [
      { ...pod({}), metadata: { ...meta, annotations: { 'controller.kubernetes.io/pod-deletion-cost': '1.5' } } },
      'Pod "x" is invalid: metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "1.5": must be a 32bit integer',
    ],
    [
      {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: meta,
        subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 80 }] }],
      },
      'Endpoints "x" is invalid: subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      service({ clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.2'], ports: [{ port: 80 }] }),
      'Service "x" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.2"]: first value must match `clusterIP`',
    ],
    [service({ ports: [{ port: 80 }] }), ''],
    [service({ clusterIP: 'None' }), ''],
    [service({ type: 'NodePort' }), 'Service "x" is invalid: spec.ports: Required value'],
    [
      service({ ports: [{ port: 80 }], sessionAffinity: 'Sometimes' }),
      'Service "x" is invalid: spec.sessionAffinity: Unsupported value: "Sometimes": supported values: "ClientIP", "None"',
    ],
    [deployment({}), ''],
    [
      deployment({ progressDeadlineSeconds: 5, minReadySeconds: 5 }),
      'Deployment.apps "x" is invalid: spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds',
    ],
    [
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: meta, spec: { leaseDurationSeconds: 0 } },
      'Lease.coordination.k8s.io "x" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ],
    [
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: meta,
        addressType: 'IPv4',
        endpoints: [{ addresses: ['::1'] }],
      },
      'EndpointSlice.discovery.k8s.io "x" is invalid: endpoints[0].addresses[0]: Invalid value: "::1": must be a valid IPv4 address',
    ],
    [
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', namespace: 'y' }, spec: {} },
      'Node "n" is invalid: metadata.namespace: Forbidden: not allowed on this type',
    ],
    [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...meta, finalizers: ['orphan', 'foregroundDeletion'] } },
      'ConfigMap "x" is invalid: metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  ])('of %j', (object, message) => expect(stored(object).problem).toBe(message));

  it('shows what an update of a pod may not change, as a diff of the server’s own structs', () => {
    const { object } = stored(pod({ hostname: 'a' }));
    const old = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } };
    const changed = { ...old, spec: { ...(old as unknown as { spec: object }).spec, hostname: 'b' } } as KubeObject;
    const kind = kindOf(old);
    if (kind === undefined) throw new Error('no kind');
    const message = validateUpdate(kind, prepareForUpdate(kind, changed, old), old)?.message ?? '';
    expect(message).toContain(
      'Pod "x" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`',
    );
    expect(message).toContain('- "Hostname": "a",\n+ "Hostname": "b",\n  "Subdomain": "",');
  });

  it('keeps the addresses of a service that an update leaves out', () => {
    const { object } = stored(service({ type: 'NodePort', ports: [{ port: 80 }] }));
    const spec = (object as unknown as { spec: { ports: object[] } }).spec;
    const allocated = {
      clusterIP: '10.96.0.5',
      clusterIPs: ['10.96.0.5'],
      ports: spec.ports.map((port) => ({ ...port, nodePort: 30080 })),
    };
    const old = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: '1' },
      spec: { ...spec, ...allocated },
    } as KubeObject;
    const kind = kindOf(old);
    if (kind === undefined) throw new Error('no kind');
    const next = prepareForUpdate(kind, { ...object, metadata: old.metadata } as KubeObject, old);
    expect(next).toMatchObject({ spec: allocated });
    expect(validateUpdate(kind, next, old)).toBeUndefined();
    const clusterIP = withDefaults(kind, { ...next, spec: { ...spec, ...allocated, type: 'ClusterIP' } } as KubeObject);
    expect(
      (prepareForUpdate(kind, clusterIP, old) as unknown as { spec: { ports: object[] } }).spec.ports[0],
    ).not.toHaveProperty('nodePort');
  });
});
