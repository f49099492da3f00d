/** An IPv4 address as a number; undefined when it is none. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / ((1 << shift) >>> 0)) % 256).join('.');
}

export interface Cidr {
  readonly base: number;
  readonly size: number;
}

export function parseCidr(text: string): Cidr | undefined {
  const [address = '', bits = ''] = text.split('/');
  const base = parseIpv4(address);
  const length = Number(bits);
  if (base === undefined || !/^[0-9]{1,2}$/.test(bits) || length > 32) return undefined;
  let size = 1;
  for (let i = length; i < 32; i++) size *= 2;
  return { base: base - (base % size), size };
}

export function contains(cidr: Cidr, address: number): boolean {
  return address >= cidr.base && address < cidr.base + cidr.size;
}
