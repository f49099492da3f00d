/** The next free address of the node's pod network, after the last one given: what the host-local plugin does. */
export function nextAddress(podCidr: string, last: string | undefined, used: ReadonlySet<string>): string | undefined {
  const [network = '', bits = '24'] = podCidr.split('/');
  const base = toNumber(network);
  const size = (65_536 * 65_536) / Number(1n << BigInt(bits));
  // .0 is the network, .1 the bridge, the last one the broadcast address.
  const first = 2;
  const count = size - first - 1;
  const offset = last === undefined ? first - 1 : toNumber(last) - base;
  const start = offset < first - 1 || offset >= size ? first - 1 : offset;
  for (let i = 1; i <= count; i++) {
    const candidate = toText(base + first + ((start - first + i + count) % count));
    if (!used.has(candidate)) return candidate;
  }
  return undefined;
}

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(ip: number): string {
  return [16_777_216, 65_536, 256, 1].map((unit) => Math.floor(ip / unit) % 256).join('.');
}
