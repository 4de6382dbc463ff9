/** Eight tables of 256 entries: eight bytes a step, because one table alone would slow an import. */
const TABLES = createTables();

function createTables(): readonly Uint32Array[] {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  const [first = new Uint32Array(256)] = tables;
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1)
      value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    first[byte] = value;
  }
  for (let index = 1; index < 8; index += 1) {
    const [before, table] = [tables[index - 1], tables[index]];
    for (let byte = 0; before && table && byte < 256; byte += 1) {
      const value = before[byte] ?? 0;
      table[byte] = (value >>> 8) ^ (first[value & 0xff] ?? 0);
    }
  }
  return tables;
}

/**
 * The CRC-32 of ZIP and gzip (ISO 3309, polynomial 0xEDB88320), as an unsigned number.
 * @param before The value of the bytes in front of these; 0 at the beginning.
 */
export function updateCrc32(before: number, bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const at = (table: Uint32Array, index: number): number => table[index & 0xff] ?? 0;
  let crc = ~before;
  let index = 0;
  for (const end = bytes.length - 7; index < end; index += 8) {
    const low = crc ^ readUint32(bytes, index);
    const high = readUint32(bytes, index + 4);
    crc =
      at(t7, low) ^
      at(t6, low >>> 8) ^
      at(t5, low >>> 16) ^
      at(t4, low >>> 24) ^
      at(t3, high) ^
      at(t2, high >>> 8) ^
      at(t1, high >>> 16) ^
      at(t0, high >>> 24);
  }
  for (; index < bytes.length; index += 1) crc = (crc >>> 8) ^ at(t0, crc ^ (bytes[index] ?? 0));
  return ~crc >>> 0;
}

function readUint32(bytes: Uint8Array, index: number): number {
  return (
    (bytes[index] ?? 0) |
    ((bytes[index + 1] ?? 0) << 8) |
    ((bytes[index + 2] ?? 0) << 16) |
    ((bytes[index + 3] ?? 0) << 24)
  );
}
