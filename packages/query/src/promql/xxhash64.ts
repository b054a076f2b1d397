/** The 64-bit hash XXH64 with seed 0 (the xxHash specification's names). */
const PRIME64_1 = 0x9e3779b185ebca87n;
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const STRIPE_BYTES = 32;

export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  let hash = PRIME64_5;
  if (bytes.length >= STRIPE_BYTES) {
    const lanes = [wrapped(PRIME64_1 + PRIME64_2), PRIME64_2, 0n, wrapped(-PRIME64_1)] as [
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    for (; position + STRIPE_BYTES <= bytes.length; position += STRIPE_BYTES)
      for (const lane of [0, 1, 2, 3] as const)
        lanes[lane] = round(lanes[lane], view.getBigUint64(position + 8 * lane, true));
    const [first, second, third, fourth] = lanes;
    hash = wrapped(rotated(first, 1n) + rotated(second, 7n) + rotated(third, 12n) + rotated(fourth, 18n));
    for (const lane of lanes) hash = wrapped((hash ^ round(0n, lane)) * PRIME64_1 + PRIME64_4);
  }
  hash = wrapped(hash + BigInt(bytes.length));
  for (; position + 8 <= bytes.length; position += 8)
    hash = wrapped(rotated(hash ^ round(0n, view.getBigUint64(position, true)), 27n) * PRIME64_1 + PRIME64_4);
  for (; position + 4 <= bytes.length; position += 4) {
    const word = BigInt(view.getUint32(position, true));
    hash = wrapped(rotated(hash ^ wrapped(word * PRIME64_1), 23n) * PRIME64_2 + PRIME64_3);
  }
  for (; position < bytes.length; position++)
    hash = wrapped(rotated(hash ^ wrapped(BigInt(view.getUint8(position)) * PRIME64_5), 11n) * PRIME64_1);
  return avalanche(hash);
}

function round(lane: bigint, input: bigint): bigint {
  return wrapped(rotated(wrapped(lane + wrapped(input * PRIME64_2)), 31n) * PRIME64_1);
}

function avalanche(value: bigint): bigint {
  let hash = wrapped((value ^ (value >> 33n)) * PRIME64_2);
  hash = wrapped((hash ^ (hash >> 29n)) * PRIME64_3);
  return hash ^ (hash >> 32n);
}

function rotated(value: bigint, bits: bigint): bigint {
  return wrapped((value << bits) | (value >> (64n - bits)));
}

function wrapped(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
