import type { Chain, Rule, RuleMatch, Tables } from './env.ts';

/** A connection's first packet on its way through one host's tables. Translation rewrites it in place. */
export interface NatPacket {
  source: string;
  destination: string;
  port: number;
  mark: number;
  /** MASQUERADE was hit: the source becomes the host's address on the way out. */
  masquerade: boolean;
}

export interface NatContext {
  /** Whether an address is one of this host's own. */
  isLocal(ip: string): boolean;
  /** The next deterministic number in [0, 2^31), for `-m statistic --mode random`. */
  random(): number;
}

export type Verdict = { readonly kind: 'accept' | 'drop' } | { readonly kind: 'reject'; readonly with: string };

const ACCEPT: Verdict = { kind: 'accept' };
const DROP: Verdict = { kind: 'drop' };
/** The kernel refuses deeper jump stacks when rules are loaded; here a loop of chains simply ends. */
const MAX_DEPTH = 32;

/** Runs the packet through one built-in chain of one table, as iptables would for a connection in state NEW. */
export function traverse(
  tables: Tables,
  table: string,
  builtin: string,
  packet: NatPacket,
  context: NatContext,
): Verdict {
  const chains = tables[table];
  const chain = chains?.[builtin];
  if (chains === undefined || chain === undefined) return ACCEPT;
  const verdict = walk(chains, chain, packet, context, 0);
  if (verdict !== undefined) return verdict;
  return chain.policy === 'DROP' ? DROP : ACCEPT;
}

function walk(
  chains: Readonly<Record<string, Chain>>,
  chain: Chain,
  packet: NatPacket,
  context: NatContext,
  depth: number,
): Verdict | undefined {
  if (depth > MAX_DEPTH) return undefined;
  for (const rule of chain.rules) {
    if (rule.match !== undefined && !matches(rule.match, packet, context)) continue;
    const target = rule.target;
    if (target.kind === 'return') return undefined;
    if (target.kind === 'jump') {
      const next = chains[target.chain];
      const verdict = next === undefined ? undefined : walk(chains, next, packet, context, depth + 1);
      if (verdict !== undefined) return verdict;
      continue;
    }
    const verdict = apply(rule, packet);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

function apply(rule: Rule, packet: NatPacket): Verdict | undefined {
  const target = rule.target;
  switch (target.kind) {
    case 'accept':
      return ACCEPT;
    case 'drop':
      return DROP;
    case 'reject':
      return { kind: 'reject', with: target.with };
    case 'masquerade':
      packet.masquerade = true;
      return ACCEPT;
    case 'mark':
      packet.mark = ((packet.mark | (target.or ?? 0)) ^ (target.xor ?? 0)) >>> 0;
      return undefined;
    case 'dnat': {
      const to = splitAddress(target.to);
      packet.destination = to.ip;
      if (to.port !== 0) packet.port = to.port;
      return ACCEPT;
    }
    case 'jump':
    case 'return':
      return undefined;
  }
}

function matches(match: RuleMatch, packet: NatPacket, context: NatContext): boolean {
  if (match.protocol !== undefined && match.protocol !== 'tcp') return false;
  if (match.destinationPort !== undefined && match.destinationPort !== packet.port) return false;
  if (match.destination !== undefined && !addressMatches(match.destination, packet.destination)) return false;
  if (match.source !== undefined && !addressMatches(match.source, packet.source)) return false;
  if (match.destinationLocal !== undefined && match.destinationLocal !== context.isLocal(packet.destination)) {
    return false;
  }
  if (match.mark !== undefined) {
    const hit = (packet.mark & match.mark.mask) >>> 0 === match.mark.value >>> 0;
    if (hit === (match.mark.not ?? false)) return false;
  }
  if (match.state !== undefined && !match.state.includes('NEW')) return false;
  // Last, as kube-proxy writes it: a rule that does not match otherwise draws no number.
  return match.probability === undefined || context.random() < match.probability;
}

function addressMatches(pattern: string, ip: string): boolean {
  if (pattern.startsWith('!')) return !addressMatches(pattern.slice(1).trim(), ip);
  return inCidr(pattern, ip);
}

export function inCidr(cidr: string, ip: string): boolean {
  const slash = cidr.indexOf('/');
  if (slash < 0) return cidr === ip;
  const base = parseIp(cidr.slice(0, slash));
  const address = parseIp(ip);
  const bits = Number(cidr.slice(slash + 1));
  if (base === undefined || address === undefined) return cidr.slice(0, slash) === ip;
  if (bits === 0) return true;
  const mask = (0xffffffff << (32 - bits)) >>> 0;
  return (base & mask) >>> 0 === (address & mask) >>> 0;
}

export function parseIp(ip: string): number | undefined {
  const parts = ip.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    const byte = Number(part);
    if (!(byte >= 0 && byte <= 255)) return undefined;
    value = value * 256 + byte;
  }
  return value >>> 0;
}

export function splitAddress(address: string): { readonly ip: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  if (colon < 0) return { ip: address, port: 0 };
  return { ip: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
