// Models pkg/controller/nodeipam/ipam range_allocator: each node gets a part of the cluster's pod network.
import { Nodes } from '../../../client/resources.ts';
import type { Node } from '../../../api/types.gen.ts';
import { ClusterDefaults } from '../../../api/ports.ts';
import type { ControllerProgram, Plan, Request, Write } from '../controller.ts';
import { isGone } from '../refusals.ts';
import { controller } from '../run-controller.ts';

interface Memory {
  /** Where the search for a free part goes on: parts are not reused at once. */
  readonly next: number;
}

const allocator = controller({
  name: 'node-ipam-controller',
  component: 'cidrAllocator',
  watches: [{ resource: Nodes, keys: () => [''] }],
  workers: 1,
  reconcile: reconcileNodeIpam,
});

export const nodeIpamController: ControllerProgram = {
  name: 'node-ipam-controller',
  start(context) {
    if (context.flags.bool('allocate-node-cidrs', false)) allocator.start(context);
  },
};

/** One key for all nodes: two of them never get the same part. */
export function reconcileNodeIpam({ cache, flags, memory }: Request<never, Memory>): Plan<Memory> {
  const network = parseCidr(flags.get('cluster-cidr') ?? ClusterDefaults.podCidr);
  const bits = flags.int('node-cidr-mask-size', ClusterDefaults.nodeCidrMask);
  const size = powerOfTwo(32 - bits);
  const parts = powerOfTwo(bits - network.bits);
  const nodes = cache.list(Nodes);
  const used = new Set(nodes.flatMap((node) => (node.spec.podCIDR === undefined ? [] : [node.spec.podCIDR])));
  let next = memory?.next ?? 0;
  const writes: Write[] = [];
  for (const node of nodes) {
    if (node.spec.podCIDR !== undefined || node.metadata.deletionTimestamp !== undefined) continue;
    let tried = 0;
    let part = next;
    let cidr = cidrAt(network.start + part * size, bits);
    while (used.has(cidr) && tried < parts) {
      tried++;
      part = (part + 1) % parts;
      cidr = cidrAt(network.start + part * size, bits);
    }
    if (tried === parts) {
      writes.push(exhausted(node));
      continue;
    }
    used.add(cidr);
    next = (part + 1) % parts;
    writes.push(assign(node, cidr));
  }
  return { writes, memory: { next } };
}

function assign(node: Node, cidr: string): Write {
  return {
    do: 'patch',
    resource: Nodes,
    name: node.metadata.name,
    type: 'application/strategic-merge-patch+json',
    patch: { spec: { podCIDR: cidr, podCIDRs: [cidr] } },
    accepts: isGone,
  };
}

function exhausted(node: Node): Write {
  const { name, uid = '' } = node.metadata;
  return {
    do: 'event',
    about: { apiVersion: 'v1', kind: 'Node', name, uid },
    type: 'Normal',
    reason: 'CIDRNotAvailable',
    message: `Node ${name} status is now: CIDRNotAvailable`,
  };
}

function parseCidr(cidr: string): { readonly start: number; readonly bits: number } {
  const [address = '', bits = '32'] = cidr.split('/');
  const start = address.split('.').reduce((value, byte) => value * 256 + Number(byte), 0);
  return { start, bits: Number(bits) };
}

function cidrAt(address: number, bits: number): string {
  const byte = (unit: number): number => Math.floor(address / unit) % 256;
  return `${byte(16_777_216)}.${byte(65_536)}.${byte(256)}.${byte(1)}/${bits}`;
}

function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power *= 2;
  return power;
}
