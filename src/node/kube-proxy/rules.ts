import type { Chain, Rule, Tables } from '../../sim/env.ts';
import { endpointChain, externalChain, localChain, serviceChain } from './chain-names.ts';
import type { ServicePort } from './service-ports.ts';

/** Mark of a packet that must leave with the node's own address. */
const MASQUERADE_MARK = 0x4000;
/** iptables keeps a probability as a share of 2^31. */
const CERTAIN = 0x8000_0000;

type Chains = Record<string, Chain>;

export interface RuleSet {
  /** Chains that every sync writes. */
  readonly always: { readonly nat: Chains; readonly filter: Chains };
  /** Chains of each Service port, by its key: written when it changed, and all of them by a full sync. */
  readonly byPort: ReadonlyMap<string, Chains>;
}

export const portKey = (port: ServicePort) => `${port.name}/${port.protocol}`;

/** What the node's tables should say (Models pkg/proxy/iptables/proxier.go syncProxyRules). */
export function ruleSet(ports: readonly ServicePort[], clusterCidr: string): RuleSet {
  const services: Rule[] = [];
  const nodePorts: Rule[] = [];
  const rejects: Rule[] = [];
  const externalRejects: Rule[] = [];
  const byPort = new Map<string, Chains>();
  for (const port of ports) {
    byPort.set(portKey(port), portChains(port, clusterCidr));
    const internal = port.internalLocal ? port.localEndpoints : port.endpoints;
    for (const ip of port.clusterIps) {
      if (internal.length > 0) services.push(dispatch(port, `${ip}/32`, port.port, internalTarget(port), 'cluster IP'));
      else rejects.push(reject(port, { destination: `${ip}/32`, destinationPort: port.port }));
    }
    for (const [ips, what] of [
      [port.externalIps, 'external IP'],
      [port.loadBalancerIps, 'loadbalancer IP'],
    ] as const)
      for (const ip of ips) {
        if (port.endpoints.length > 0) services.push(dispatch(port, `${ip}/32`, port.port, externalChain(port), what));
        else externalRejects.push(reject(port, { destination: `${ip}/32`, destinationPort: port.port }));
      }
    if (port.nodePort === undefined) continue;
    if (port.endpoints.length > 0)
      nodePorts.push({
        comment: port.name,
        match: { protocol: port.protocol, destinationPort: port.nodePort },
        target: { kind: 'jump', chain: externalChain(port) },
      });
    else externalRejects.push(reject(port, { destinationLocal: true, destinationPort: port.nodePort }));
  }
  services.push({
    comment: 'kubernetes service nodeports; NOTE: this must be the last rule in this chain',
    match: { destinationLocal: true },
    target: { kind: 'jump', chain: 'KUBE-NODEPORTS' },
  });
  const nat = { 'KUBE-SERVICES': { rules: services }, 'KUBE-NODEPORTS': { rules: nodePorts }, ...markingChains() };
  const filter = {
    'KUBE-SERVICES': { rules: rejects },
    'KUBE-EXTERNAL-SERVICES': { rules: externalRejects },
    'KUBE-NODEPORTS': { rules: [] },
    'KUBE-PROXY-FIREWALL': { rules: [] },
    'KUBE-FORWARD': { rules: forwardRules() },
  };
  return { always: { nat, filter }, byPort };
}

function dispatch(port: ServicePort, destination: string, destinationPort: number, chain: string, what: string): Rule {
  return {
    comment: `${port.name} ${what}`,
    match: { protocol: port.protocol, destination, destinationPort },
    target: { kind: 'jump', chain },
  };
}

function reject(port: ServicePort, where: NonNullable<Rule['match']>): Rule {
  return {
    comment: `${port.name} has no endpoints`,
    match: { protocol: port.protocol, ...where },
    target: { kind: 'reject', with: 'icmp-port-unreachable' },
  };
}

const internalTarget = (port: ServicePort) => (port.internalLocal ? localChain(port) : serviceChain(port));

function markingChains(): Chains {
  return {
    'KUBE-MARK-MASQ': { rules: [{ target: { kind: 'mark', or: MASQUERADE_MARK } }] },
    'KUBE-POSTROUTING': {
      rules: [
        { match: { mark: { value: MASQUERADE_MARK, mask: MASQUERADE_MARK, not: true } }, target: { kind: 'return' } },
        { target: { kind: 'mark', xor: MASQUERADE_MARK } },
        { comment: 'kubernetes service traffic requiring SNAT', target: { kind: 'masquerade' } },
      ],
    },
  };
}

function forwardRules(): Rule[] {
  return [
    { match: { state: ['INVALID'] }, target: { kind: 'drop' } },
    {
      comment: 'kubernetes forwarding rules',
      match: { mark: { value: MASQUERADE_MARK, mask: MASQUERADE_MARK } },
      target: { kind: 'accept' },
    },
    {
      comment: 'kubernetes forwarding conntrack rule',
      match: { state: ['RELATED', 'ESTABLISHED'] },
      target: { kind: 'accept' },
    },
  ];
}

function portChains(port: ServicePort, clusterCidr: string): Chains {
  const chains: Chains = {};
  if (port.endpoints.length === 0) return chains;
  const isExternal = port.nodePort !== undefined || port.externalIps.length > 0 || port.loadBalancerIps.length > 0;
  const masquerade: Rule[] = port.clusterIps.map((ip) => ({
    comment: `${port.name} cluster IP`,
    match: { protocol: port.protocol, source: `!${clusterCidr}`, destination: `${ip}/32`, destinationPort: port.port },
    target: { kind: 'jump', chain: 'KUBE-MARK-MASQ' },
  }));
  if (!port.internalLocal || (isExternal && !port.externalLocal))
    chains[serviceChain(port)] = {
      rules: [...(port.internalLocal ? [] : masquerade), ...spread(port, port.endpoints)],
    };
  if (port.internalLocal || (isExternal && port.externalLocal))
    chains[localChain(port)] = {
      rules: [...(port.internalLocal ? masquerade : []), ...spread(port, port.localEndpoints)],
    };
  if (isExternal) chains[externalChain(port)] = { rules: externalRules(port, clusterCidr) };
  for (const endpoint of port.endpoints)
    chains[endpointChain(port, endpoint)] = {
      rules: [
        {
          comment: port.name,
          match: { source: `${endpoint.slice(0, endpoint.lastIndexOf(':'))}/32` },
          target: { kind: 'jump', chain: 'KUBE-MARK-MASQ' },
        },
        { comment: port.name, match: { protocol: port.protocol }, target: { kind: 'dnat', to: endpoint } },
      ],
    };
  return chains;
}

function externalRules(port: ServicePort, clusterCidr: string): Rule[] {
  if (!port.externalLocal)
    return [
      {
        comment: `masquerade traffic for ${port.name} external destinations`,
        target: { kind: 'jump', chain: 'KUBE-MARK-MASQ' },
      },
      { target: { kind: 'jump', chain: serviceChain(port) } },
    ];
  return [
    {
      comment: `pod traffic for ${port.name} external destinations`,
      match: { source: clusterCidr },
      target: { kind: 'jump', chain: internalTarget(port) },
    },
    ...(port.localEndpoints.length === 0
      ? [{ comment: `${port.name} has no local endpoints`, target: { kind: 'drop' } } satisfies Rule]
      : [{ target: { kind: 'jump', chain: localChain(port) } } satisfies Rule]),
  ];
}

/** Each endpoint with an even share: 1/n, 1/(n-1), …, and the last takes what is left. */
function spread(port: ServicePort, endpoints: readonly string[]): Rule[] {
  return endpoints.map((endpoint, index): Rule => {
    const left = endpoints.length - index;
    const target = { kind: 'jump', chain: endpointChain(port, endpoint) } as const;
    const comment = `${port.name} -> ${endpoint}`;
    return left === 1 ? { comment, target } : { comment, match: { probability: Math.round(CERTAIN / left) }, target };
  });
}

/** Rules that lead from the built-in chains to ours: ensured by a full sync only. */
const jumps: Readonly<Record<'nat' | 'filter', Readonly<Record<string, readonly Rule[]>>>> = {
  nat: {
    PREROUTING: [{ comment: 'kubernetes service portals', target: { kind: 'jump', chain: 'KUBE-SERVICES' } }],
    OUTPUT: [{ comment: 'kubernetes service portals', target: { kind: 'jump', chain: 'KUBE-SERVICES' } }],
    POSTROUTING: [{ comment: 'kubernetes postrouting rules', target: { kind: 'jump', chain: 'KUBE-POSTROUTING' } }],
  },
  filter: {
    INPUT: [
      {
        comment: 'kubernetes load balancer firewall',
        match: { state: ['NEW'] },
        target: { kind: 'jump', chain: 'KUBE-PROXY-FIREWALL' },
      },
      { comment: 'kubernetes health check service ports', target: { kind: 'jump', chain: 'KUBE-NODEPORTS' } },
      {
        comment: 'kubernetes externally-visible service portals',
        match: { state: ['NEW'] },
        target: { kind: 'jump', chain: 'KUBE-EXTERNAL-SERVICES' },
      },
    ],
    FORWARD: [
      {
        comment: 'kubernetes load balancer firewall',
        match: { state: ['NEW'] },
        target: { kind: 'jump', chain: 'KUBE-PROXY-FIREWALL' },
      },
      { comment: 'kubernetes forwarding rules', target: { kind: 'jump', chain: 'KUBE-FORWARD' } },
      {
        comment: 'kubernetes service portals',
        match: { state: ['NEW'] },
        target: { kind: 'jump', chain: 'KUBE-SERVICES' },
      },
      {
        comment: 'kubernetes externally-visible service portals',
        match: { state: ['NEW'] },
        target: { kind: 'jump', chain: 'KUBE-EXTERNAL-SERVICES' },
      },
    ],
    OUTPUT: [
      {
        comment: 'kubernetes load balancer firewall',
        match: { state: ['NEW'] },
        target: { kind: 'jump', chain: 'KUBE-PROXY-FIREWALL' },
      },
      {
        comment: 'kubernetes service portals',
        match: { state: ['NEW'] },
        target: { kind: 'jump', chain: 'KUBE-SERVICES' },
      },
    ],
  },
};

/** Its absence shows that somebody removed our chains (Models pkg/util/iptables Monitor). */
export const CANARY = 'KUBE-PROXY-CANARY';

export interface SyncPlan {
  readonly rules: RuleSet;
  /** Keys of ports whose chains are written; undefined: a full sync. */
  readonly changed: ReadonlySet<string> | undefined;
  /** Chains of ports that are no more. */
  readonly stale: readonly string[];
}

/** The node's tables after the sync; what is not kube-proxy's stays as it is. */
export function synced(tables: Tables, plan: SyncPlan): Tables {
  const nat: Chains = { ...builtIn('nat'), ...tables['nat'] };
  const filter: Chains = { ...builtIn('filter'), ...tables['filter'] };
  const full = plan.changed === undefined;
  if (full) for (const name of Object.keys(nat)) if (/^KUBE-(SVC|SVL|EXT|SEP)-/.test(name)) delete nat[name];
  for (const name of plan.stale) delete nat[name];
  Object.assign(nat, plan.rules.always.nat);
  Object.assign(filter, plan.rules.always.filter);
  for (const [key, chains] of plan.rules.byPort)
    if (plan.changed === undefined || plan.changed.has(key)) Object.assign(nat, chains);
  if (full) {
    ensureJumps(nat, jumps.nat);
    ensureJumps(filter, jumps.filter);
    nat[CANARY] = { rules: [] };
    filter[CANARY] = { rules: [] };
  }
  return { ...tables, nat, filter };
}

function builtIn(table: 'nat' | 'filter'): Chains {
  const names = table === 'nat' ? ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'] : ['INPUT', 'FORWARD', 'OUTPUT'];
  return Object.fromEntries(names.map((name) => [name, { policy: 'ACCEPT', rules: [] } satisfies Chain]));
}

function ensureJumps(chains: Chains, wanted: Readonly<Record<string, readonly Rule[]>>): void {
  for (const [name, rules] of Object.entries(wanted)) {
    const chain = chains[name] ?? { policy: 'ACCEPT', rules: [] };
    const has = (rule: Rule) => chain.rules.some((other) => JSON.stringify(other) === JSON.stringify(rule));
    const missing = rules.filter((rule) => !has(rule));
    if (missing.length > 0) chains[name] = { ...chain, rules: [...missing, ...chain.rules] };
  }
}
