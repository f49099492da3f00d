import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../api/types.gen.ts';
import { serviceChain, endpointChain, externalChain } from './chain-names.ts';
import { ruleSet, synced, CANARY } from './rules.ts';
import { servicePorts } from './service-ports.ts';

const web: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    type: 'NodePort',
    clusterIP: '10.96.0.50',
    clusterIPs: ['10.96.0.50'],
    ports: [{ name: 'http', port: 80, nodePort: 30080, protocol: 'TCP' }],
  },
};
function slice(endpoints: readonly [ip: string, ready: boolean, node?: string][]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-abc', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: endpoints.map(([ip, ready, nodeName]) => ({
      addresses: [ip],
      conditions: { ready, serving: true, terminating: !ready },
      ...(nodeName && { nodeName }),
    })),
  };
}
const portsWith = (...endpoints: [string, boolean, string?][]) => servicePorts([web], [slice(endpoints)], 'worker-1');

describe('service ports', () => {
  it('use ready endpoints, and terminating ones that still serve only when none is ready', () => {
    expect(portsWith(['10.244.1.2', true], ['10.244.2.2', false])[0]?.endpoints).toEqual(['10.244.1.2:8080']);
    expect(portsWith(['10.244.2.2', false])[0]?.endpoints).toEqual(['10.244.2.2:8080']);
  });
  it('leave headless and ExternalName services alone', () => {
    expect(servicePorts([{ ...web, spec: { ...web.spec, clusterIP: 'None' } }], [], 'n')).toEqual([]);
    expect(servicePorts([{ ...web, spec: { type: 'ExternalName', externalName: 'x' } }], [], 'n')).toEqual([]);
  });
});

describe('chains', () => {
  const port = { name: 'default/web:http', protocol: 'tcp' } as const;
  it('are named by upstream’s hash', () => {
    // sha256("default/kubernetes:https" + "tcp") in base32: the chain that every real cluster has.
    expect(serviceChain({ name: 'default/kubernetes:https', protocol: 'tcp' })).toBe('KUBE-SVC-NPX46M4PTMTKRN6Y');
    expect(serviceChain({ name: 'kube-system/kube-dns:dns-tcp', protocol: 'tcp' })).toBe('KUBE-SVC-ERIFXISQEP7F7OF4');
  });
  it('share the load evenly', () => {
    const rules = ruleSet(portsWith(['10.244.1.2', true], ['10.244.2.2', true], ['10.244.3.2', true]), '10.244.0.0/16');
    const chain = rules.byPort.get('default/web:http/tcp')?.[serviceChain(port)];
    expect(chain?.rules.map((rule) => rule.match?.probability)).toEqual([undefined, 715827883, 1073741824, undefined]);
    expect(chain?.rules[0]?.match?.source).toBe('!10.244.0.0/16');
  });
  it('reject what has no endpoints', () => {
    const rules = ruleSet(portsWith(), '10.244.0.0/16');
    expect(rules.always.filter['KUBE-SERVICES']?.rules[0]).toMatchObject({
      comment: 'default/web:http has no endpoints',
      target: { kind: 'reject' },
    });
    expect(rules.always.filter['KUBE-EXTERNAL-SERVICES']?.rules[0]?.match).toMatchObject({
      destinationLocal: true,
      destinationPort: 30080,
    });
    expect(rules.always.nat['KUBE-SERVICES']?.rules).toHaveLength(1);
  });
  it('keep to local endpoints where the policy says so', () => {
    const local = { ...web, spec: { ...web.spec, externalTrafficPolicy: 'Local' } };
    const ports = servicePorts([local], [slice([['10.244.2.2', true, 'worker-2']])], 'worker-1');
    const chain = ruleSet(ports, '10.244.0.0/16').byPort.get('default/web:http/tcp')?.[externalChain(port)];
    expect(chain?.rules.at(-1)?.target.kind).toBe('drop');
  });
});

describe('a sync', () => {
  const rules = ruleSet(portsWith(['10.244.1.2', true]), '10.244.0.0/16');
  const full = synced({}, { rules, changed: undefined, stale: [] });
  it('leads from the built-in chains to the endpoint', () => {
    expect(full['nat']?.['PREROUTING']?.rules[0]?.target).toEqual({ kind: 'jump', chain: 'KUBE-SERVICES' });
    const dnat =
      full['nat']?.[endpointChain({ name: 'default/web:http', protocol: 'tcp' }, '10.244.1.2:8080')]?.rules[1];
    expect(dnat?.target).toEqual({ kind: 'dnat', to: '10.244.1.2:8080' });
    expect(full['nat']?.[CANARY]).toBeDefined();
  });
  it('when partial, does not bring flushed jumps back; when full, it does', () => {
    const flushed = {
      ...full,
      nat: Object.fromEntries(
        Object.entries(full['nat'] ?? {}).map(([name, chain]) => [name, { ...chain, rules: [] }]),
      ),
    };
    expect(synced(flushed, { rules, changed: new Set(), stale: [] })['nat']?.['PREROUTING']?.rules).toEqual([]);
    expect(synced(flushed, { rules, changed: undefined, stale: [] })['nat']?.['PREROUTING']?.rules).toHaveLength(1);
  });
  it('leaves what others wrote, and does not repeat its jumps', () => {
    const other = { policy: 'ACCEPT', rules: [{ target: { kind: 'jump', chain: 'CNI-HOSTPORT-DNAT' } }] } as const;
    const twice = synced(synced({ nat: { PREROUTING: other } }, { rules, changed: undefined, stale: [] }), {
      rules,
      changed: undefined,
      stale: [],
    });
    expect(
      twice['nat']?.['PREROUTING']?.rules.map((rule) => (rule.target.kind === 'jump' ? rule.target.chain : '')),
    ).toEqual(['KUBE-SERVICES', 'CNI-HOSTPORT-DNAT']);
  });
});
