/**
 * Consistent probability sampling: a threshold of 56 bits, below which randomness is rejected
 * (OpenTelemetry specification, "TraceState: Probability Sampling").
 */

const BITS = 56n;
const MAX = 1n << BITS;
const DIGITS = 14;

/** What is always kept, and never. */
export const ALWAYS = 0n;
export const NEVER: bigint = MAX;

export function isSampled(threshold: bigint, randomness: bigint): boolean {
  return threshold <= randomness;
}

/** The threshold of a probability from 0 up to 1, rounded to `precision` digits that tell something. */
export function thresholdOf(probability: number, precision: number): bigint {
  if (probability >= 1) return ALWAYS;
  const scaled = BigInt(Math.round(Math.max(probability, 2 ** -56) * 2 ** 56));
  const threshold = MAX - scaled;
  // Leading digits that are all f or all 0 tell little, so they do not count.
  const digits = precision + Math.max(idleDigits(probability), idleDigits(1 - probability));
  if (digits >= DIGITS) return threshold;
  const shift = BigInt((DIGITS - digits) * 4);
  const half = 1n << (shift - 1n);
  const rounded = ((threshold + half) >> shift) << shift;
  return rounded >= MAX ? threshold : rounded;
}

function idleDigits(fraction: number): number {
  const exponent = Math.floor(Math.log2(fraction)) + 1;
  return exponent < 0 ? Math.floor(-exponent / 4) : 0;
}

export function probabilityOf(threshold: bigint): number {
  return Number(MAX - threshold) / 2 ** 56;
}

/** Hexadecimal digits without what is zero at the end: `c` for a quarter; empty for never. */
export function textOf(threshold: bigint): string {
  if (threshold >= MAX) return "";
  if (threshold === 0n) return "0";
  return threshold.toString(16).padStart(DIGITS, "0").replace(/0+$/, "");
}

/** Undefined where it is no threshold. */
export function thresholdFrom(text: string): bigint | undefined {
  return /^[0-9a-f]{1,14}$/i.test(text) ? BigInt(`0x${text.padEnd(DIGITS, "0")}`) : undefined;
}

/** An explicit random value, 14 digits; undefined where it is none. */
export function randomnessFrom(text: string): bigint | undefined {
  return /^[0-9a-f]{14}$/i.test(text) ? BigInt(`0x${text}`) : undefined;
}

export function randomnessText(randomness: bigint): string {
  return randomness.toString(16).padStart(DIGITS, "0");
}

/** The last 56 bits of a trace id. Undefined where it is missing or all zero. */
export function traceRandomness(traceId: Uint8Array): bigint | undefined {
  if (traceId.length !== 16 || traceId.every((byte) => byte === 0)) return undefined;
  return BigInt(`0x${Buffer.from(traceId).toString("hex").slice(18)}`);
}

const BUCKETS = 1 << 14;

/** The threshold of the hash-seed mode, which knows 2^14 steps; `NEVER` where the percentage rounds to none. */
export function bucketThreshold(percentage: number): bigint {
  // In 32 bits and cut off, as it always was, so that collectors of any version agree.
  const accepted = Math.trunc(Math.fround(Math.fround(percentage) * Math.fround(BUCKETS / 100)));
  return accepted === 0 ? NEVER : BigInt(BUCKETS - accepted) << 42n;
}

/**
 * Randomness from FNV-1a of the seed and the bytes: of its 56 bits the first 14 decide as the
 * original's hash always did; the others are a mixture of the rest.
 */
export function hashedRandomness(bytes: Uint8Array, seed: number): bigint {
  const seedBytes = [seed & 255, (seed >>> 8) & 255, (seed >>> 16) & 255, (seed >>> 24) & 255];
  let hash = 0x811c9dc5;
  for (const byte of seedBytes) hash = Math.imul(hash ^ byte, 0x01000193);
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  const bucket = hash & (BUCKETS - 1);
  const unused = hash >>> 18;
  const mixed = BigInt(unused) ^ (BigInt(unused) << 10n);
  return (BigInt(BUCKETS - 1 - bucket) << 42n) | (mixed << 14n) | BigInt(bucket);
}
