/** The stale marker: a NaN whose low word is 2 (Prometheus `model/value`), quiet or signalling. */
const LOW_WORD = 2;
const EXPONENT = 0x7ff00000;

/** Writes a stale marker into a column of sample values. */
export function markStale(values: Float64Array, index: number): void {
  const words = wordsOf(values);
  words[index * 2] = LOW_WORD;
  words[index * 2 + 1] = EXPONENT;
}

/** A test for stale markers in a column. It reads bits, because arithmetic cannot tell one NaN from another. */
export function staleTest(values: Float64Array): (index: number) => boolean {
  const words = wordsOf(values);
  return (index) => words[index * 2] === LOW_WORD && ((words[index * 2 + 1] ?? 0) & EXPONENT) === EXPONENT;
}

// Every platform that Node runs on is little-endian: the low word comes first.
function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}
