/** CRC-32C (Castagnoli), as etcd's write-ahead log has it. */
const TABLE = createTable();

function createTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    table[i] = value;
  }
  return table;
}

/** Goes on from the sum of what came before; 0 begins. Both bytes of a character count if it has two. */
export function crc32c(text: string, before = 0): number {
  let sum = ~before;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    sum = (TABLE[(sum ^ code) & 0xff] ?? 0) ^ (sum >>> 8);
    if (code > 0xff) sum = (TABLE[(sum ^ (code >>> 8)) & 0xff] ?? 0) ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}
