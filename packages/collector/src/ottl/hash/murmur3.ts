/** MurmurHash3 with seed 0, as hexadecimal of its bytes in little-endian order. */

const rotated32 = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

export function murmur3Of32(bytes: Buffer): string {
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let i = 0; i < whole; i += 4) {
    hash ^= scrambled32(bytes.readUInt32LE(i));
    hash = (Math.imul(rotated32(hash, 13), 5) + 0xe6546b64) | 0;
  }
  if (whole < bytes.length) hash ^= scrambled32(bytes.readUIntLE(whole, bytes.length - whole));
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  const result = Buffer.alloc(4);
  result.writeUInt32LE((hash ^ (hash >>> 16)) >>> 0);
  return result.toString("hex");
}

function scrambled32(block: number): number {
  return Math.imul(rotated32(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotated64 = (value: bigint, by: bigint): bigint => u64((value << by) | (value >> (64n - by)));

const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

/** The variant for 64-bit machines. */
export function murmur3Of128(bytes: Buffer): string {
  let h1 = 0n;
  let h2 = 0n;
  const whole = bytes.length & ~15;
  for (let i = 0; i < whole; i += 16) {
    h1 ^= scrambled64(bytes.readBigUInt64LE(i), C1, 31n, C2);
    h1 = u64((rotated64(h1, 27n) + h2) * 5n + 0x52dce729n);
    h2 ^= scrambled64(bytes.readBigUInt64LE(i + 8), C2, 33n, C1);
    h2 = u64((rotated64(h2, 31n) + h1) * 5n + 0x38495ab5n);
  }
  const tail = Buffer.alloc(16);
  bytes.copy(tail, 0, whole);
  h2 ^= scrambled64(tail.readBigUInt64LE(8), C2, 33n, C1);
  h1 ^= scrambled64(tail.readBigUInt64LE(0), C1, 31n, C2);
  const length = BigInt(bytes.length);
  h1 = u64((h1 ^ length) + (h2 ^ length));
  h2 = u64((h2 ^ length) + h1);
  h1 = finished(h1);
  h2 = finished(h2);
  h1 = u64(h1 + h2);
  h2 = u64(h2 + h1);
  const result = Buffer.alloc(16);
  result.writeBigUInt64LE(h1, 0);
  result.writeBigUInt64LE(h2, 8);
  return result.toString("hex");
}

function scrambled64(block: bigint, first: bigint, by: bigint, second: bigint): bigint {
  return u64(rotated64(u64(block * first), by) * second);
}

function finished(value: bigint): bigint {
  let hash = u64((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn);
  hash = u64((hash ^ (hash >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return hash ^ (hash >> 33n);
}
