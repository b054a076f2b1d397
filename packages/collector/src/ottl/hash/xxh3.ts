/** XXH3 with seed 0, of 64 and of 128 bits, as hexadecimal in the canonical (big-endian) order. */

const SECRET = Buffer.from(
  "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb" +
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e",
  "hex",
);

const P32_1 = 0x9e3779b1n;
const P32_2 = 0x85ebca77n;
const P32_3 = 0xc2b2ae3dn;
const P64_1 = 0x9e3779b185ebca87n;
const P64_2 = 0xc2b2ae3d27d4eb4fn;
const P64_3 = 0x165667b19e3779f9n;
const P64_4 = 0x85ebca77c2b2ae63n;
const P64_5 = 0x27d4eb2f165667c5n;
const PRIME_MX1 = 0x165667919e3779f9n;
const PRIME_MX2 = 0x9fb21c651e98df25n;

const STRIPE = 64;
const LANES = 8;
/** How far the secret moves from stripe to stripe. */
const SECRET_STEP = 8;
const STRIPES_IN_BLOCK = (SECRET.length - STRIPE) / SECRET_STEP;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const u32 = (value: bigint): bigint => BigInt.asUintN(32, value);
const rotated64 = (value: bigint, by: bigint): bigint => u64((value << by) | (value >> (64n - by)));
const rotated32 = (value: bigint, by: bigint): bigint => u32((value << by) | (value >> (32n - by)));
const xorShifted = (value: bigint, by: bigint): bigint => value ^ (value >> by);
const secret64 = (at: number): bigint => SECRET.readBigUInt64LE(at);
const secret32 = (at: number): bigint => BigInt(SECRET.readUInt32LE(at));
const read64 = (bytes: Buffer, at: number): bigint => bytes.readBigUInt64LE(at);
const read32 = (bytes: Buffer, at: number): bigint => BigInt(bytes.readUInt32LE(at));

function swapped64(value: bigint): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.readBigUInt64BE();
}

function swapped32(value: bigint): bigint {
  return swapped64(value << 32n);
}

/** The product of 128 bits, its halves laid over each other. */
function folded(a: bigint, b: bigint): bigint {
  const product = a * b;
  return u64(product) ^ (product >> 64n);
}

function avalanche(value: bigint): bigint {
  return xorShifted(u64(xorShifted(value, 37n) * PRIME_MX1), 32n);
}

function avalancheOfXxh64(value: bigint): bigint {
  const hash = u64(xorShifted(value, 33n) * P64_2);
  return xorShifted(u64(xorShifted(hash, 29n) * P64_3), 32n);
}

function mix16(bytes: Buffer, at: number, secret: number): bigint {
  return folded(read64(bytes, at) ^ secret64(secret), read64(bytes, at + 8) ^ secret64(secret + 8));
}

export function xxh3Of64(bytes: Buffer): string {
  return hash64(bytes).toString(16).padStart(16, "0");
}

function hash64(bytes: Buffer): bigint {
  const { length } = bytes;
  if (length === 0) return avalancheOfXxh64(secret64(56) ^ secret64(64));
  if (length <= 3) return avalancheOfXxh64(combined(bytes) ^ secret32(0) ^ secret32(4));
  if (length <= 8) return upTo8(bytes);
  if (length <= 16) return upTo16(bytes);
  if (length <= 128) return upTo128(bytes);
  if (length <= 240) return upTo240(bytes);
  return merged(accumulated(bytes), 11, u64(BigInt(length) * P64_1));
}

/** First, middle and last byte, with the length. */
function combined(bytes: Buffer): bigint {
  const { length } = bytes;
  const word = (bytes[0]! << 16) | (bytes[length >> 1]! << 24) | bytes[length - 1]! | (length << 8);
  return BigInt(word >>> 0);
}

function upTo8(bytes: Buffer): bigint {
  const length = BigInt(bytes.length);
  const keyed = (read32(bytes, bytes.length - 4) + (read32(bytes, 0) << 32n)) ^ secret64(8) ^ secret64(16);
  let hash = keyed ^ rotated64(keyed, 49n) ^ rotated64(keyed, 24n);
  hash = u64(hash * PRIME_MX2);
  hash ^= u64((hash >> 35n) + length);
  return xorShifted(u64(hash * PRIME_MX2), 28n);
}

function upTo16(bytes: Buffer): bigint {
  const low = read64(bytes, 0) ^ secret64(24) ^ secret64(32);
  const high = read64(bytes, bytes.length - 8) ^ secret64(40) ^ secret64(48);
  return avalanche(u64(BigInt(bytes.length) + swapped64(low) + high + folded(low, high)));
}

function upTo128(bytes: Buffer): bigint {
  const { length } = bytes;
  let sum = u64(BigInt(length) * P64_1);
  for (let i = (length - 1) >> 5; i >= 0; i--) {
    sum += mix16(bytes, 16 * i, 32 * i) + mix16(bytes, length - 16 * (i + 1), 32 * i + 16);
  }
  return avalanche(u64(sum));
}

function upTo240(bytes: Buffer): bigint {
  const { length } = bytes;
  const rounds = length >> 4;
  let sum = u64(BigInt(length) * P64_1);
  for (let i = 0; i < 8; i++) sum += mix16(bytes, 16 * i, 16 * i);
  sum = avalanche(u64(sum));
  for (let i = 8; i < rounds; i++) sum += mix16(bytes, 16 * i, 16 * (i - 8) + 3);
  return avalanche(u64(sum + mix16(bytes, length - 16, 136 - 17)));
}

/** The lanes after all stripes of a text longer than 240 bytes. */
function accumulated(bytes: Buffer): bigint[] {
  const lanes = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1];
  const blockLength = STRIPE * STRIPES_IN_BLOCK;
  const blocks = Math.floor((bytes.length - 1) / blockLength);
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < STRIPES_IN_BLOCK; i++) {
      accumulate(lanes, bytes, block * blockLength + i * STRIPE, i * SECRET_STEP);
    }
    scramble(lanes);
  }
  const rest = Math.floor((bytes.length - 1 - blocks * blockLength) / STRIPE);
  for (let i = 0; i < rest; i++) accumulate(lanes, bytes, blocks * blockLength + i * STRIPE, i * SECRET_STEP);
  accumulate(lanes, bytes, bytes.length - STRIPE, SECRET.length - STRIPE - 7);
  return lanes;
}

function accumulate(lanes: bigint[], bytes: Buffer, at: number, secret: number): void {
  for (let i = 0; i < LANES; i++) {
    const value = read64(bytes, at + 8 * i);
    const keyed = value ^ secret64(secret + 8 * i);
    lanes[i ^ 1] = u64(lanes[i ^ 1]! + value);
    lanes[i] = u64(lanes[i]! + u32(keyed) * (keyed >> 32n));
  }
}

function scramble(lanes: bigint[]): void {
  for (let i = 0; i < LANES; i++) {
    const keyed = xorShifted(lanes[i]!, 47n) ^ secret64(SECRET.length - STRIPE + 8 * i);
    lanes[i] = u64(keyed * P32_1);
  }
}

function merged(lanes: readonly bigint[], secret: number, start: bigint): bigint {
  let sum = start;
  for (let i = 0; i < 4; i++) {
    sum += folded(lanes[2 * i]! ^ secret64(secret + 16 * i), lanes[2 * i + 1]! ^ secret64(secret + 16 * i + 8));
  }
  return avalanche(u64(sum));
}

export function xxh3Of128(bytes: Buffer): string {
  const { low, high } = hash128(bytes);
  return high.toString(16).padStart(16, "0") + low.toString(16).padStart(16, "0");
}

interface Halves {
  readonly low: bigint;
  readonly high: bigint;
}

function hash128(bytes: Buffer): Halves {
  const { length } = bytes;
  if (length === 0) {
    return {
      low: avalancheOfXxh64(secret64(64) ^ secret64(72)),
      high: avalancheOfXxh64(secret64(80) ^ secret64(88)),
    };
  }
  if (length <= 3) return upTo3In128(bytes);
  if (length <= 8) return upTo8In128(bytes);
  if (length <= 16) return upTo16In128(bytes);
  if (length <= 240) return upTo240In128(bytes);
  const lanes = accumulated(bytes);
  const size = BigInt(length);
  return {
    low: merged(lanes, 11, u64(size * P64_1)),
    high: merged(lanes, SECRET.length - STRIPE - 11, u64(~u64(size * P64_2))),
  };
}

function upTo3In128(bytes: Buffer): Halves {
  const low = combined(bytes);
  const high = rotated32(swapped32(low), 13n);
  return {
    low: avalancheOfXxh64(low ^ secret32(0) ^ secret32(4)),
    high: avalancheOfXxh64(high ^ secret32(8) ^ secret32(12)),
  };
}

function upTo8In128(bytes: Buffer): Halves {
  const length = BigInt(bytes.length);
  const keyed = (read32(bytes, 0) + (read32(bytes, bytes.length - 4) << 32n)) ^ secret64(16) ^ secret64(24);
  const product = keyed * u64(P64_1 + (length << 2n));
  let low = u64(product);
  const high = u64((product >> 64n) + (low << 1n));
  low ^= high >> 3n;
  low = u64(xorShifted(low, 35n) * PRIME_MX2);
  return { low: xorShifted(low, 28n), high: avalanche(high) };
}

function upTo16In128(bytes: Buffer): Halves {
  const length = BigInt(bytes.length);
  const flipLow = secret64(32) ^ secret64(40);
  const flipHigh = secret64(48) ^ secret64(56);
  const first = read64(bytes, 0);
  const last = read64(bytes, bytes.length - 8);
  const product = (first ^ last ^ flipLow) * P64_1;
  const low = u64(u64(product) + ((length - 1n) << 54n));
  const keyed = last ^ flipHigh;
  const high = u64((product >> 64n) + keyed + u32(keyed) * (P32_2 - 1n));
  const second = (low ^ swapped64(high)) * P64_2;
  return { low: avalanche(u64(second)), high: avalanche(u64((second >> 64n) + high * P64_2)) };
}

function upTo240In128(bytes: Buffer): Halves {
  const { length } = bytes;
  const size = BigInt(length);
  let low = u64(size * P64_1);
  let high = 0n;
  const mix = (first: number, second: number, secret: number): void => {
    low = u64(low + mix16(bytes, first, secret)) ^ u64(read64(bytes, second) + read64(bytes, second + 8));
    high = u64(high + mix16(bytes, second, secret + 16)) ^ u64(read64(bytes, first) + read64(bytes, first + 8));
  };
  if (length <= 128) {
    for (let i = (length - 1) >> 5; i >= 0; i--) mix(16 * i, length - 16 * (i + 1), 32 * i);
  } else {
    for (let i = 32; i < 160; i += 32) mix(i - 32, i - 16, i - 32);
    low = avalanche(low);
    high = avalanche(high);
    for (let i = 160; i <= length; i += 32) mix(i - 32, i - 16, 3 + i - 160);
    mixLast();
  }
  const sum = u64(low + high);
  const other = u64(low * P64_1 + high * P64_4 + size * P64_2);
  return { low: avalanche(sum), high: u64(-avalanche(other)) };

  function mixLast(): void {
    const secret = 136 - 17 - 16;
    mix(length - 16, length - 32, secret);
  }
}
