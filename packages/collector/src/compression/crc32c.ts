/** CRC-32 by Castagnoli's polynomial (RFC 3720, B.4), as snappy's frames and Prometheus's streams have it. */
const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_unused, i) => {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
