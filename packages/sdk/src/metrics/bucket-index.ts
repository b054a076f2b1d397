/** Source: metrics data model, "Exponential Buckets", the mapping by the logarithm and, for scales up to 0, by the exponent. */

/** Of the smallest number with full precision, 2^-1022: smaller ones are counted as if they were it. */
const LEAST_EXPONENT = -1022;
const EXPONENT_BIAS = 1023;

/** Finds the bucket of a value: `index` when the value is above base^index, up to and with base^(index+1); base is 2^(2^-scale). */
export class BucketIndex {
  readonly #scale: number;
  /** What the natural logarithm is to be multiplied by. */
  readonly #factor: number;
  readonly #double = new Float64Array(1);
  readonly #words: Uint32Array = new Uint32Array(this.#double.buffer);

  constructor(scale: number) {
    this.#scale = scale;
    this.#factor = Math.LOG2E * 2 ** scale;
  }

  /** `magnitude` is positive and finite. */
  of(magnitude: number): number {
    this.#double[0] = magnitude;
    // The words are little-endian, as on every machine that Node runs on.
    const high = this.#words[1] ?? 0;
    const biased = (high >>> 20) & 0x7ff;
    const isSubnormal = biased === 0;
    const exponent = isSubnormal ? LEAST_EXPONENT : biased - EXPONENT_BIAS;
    const isPowerOfTwo = isSubnormal || ((high & 0xfffff) === 0 && this.#words[0] === 0);
    // A boundary itself belongs to the bucket below it.
    if (this.#scale <= 0) return (isPowerOfTwo ? exponent - 1 : exponent) >> -this.#scale;
    if (isPowerOfTwo) return exponent * 2 ** this.#scale - 1;
    const index = Math.floor(Math.log(magnitude) * this.#factor);
    // Close to a power of two the logarithm may come out on the wrong side of it.
    const first = exponent * 2 ** this.#scale;
    return Math.min(Math.max(index, first), first + 2 ** this.#scale - 1);
  }
}
