/**
 * Thresholds and randomness of consistent sampling: numbers of 56 bits, kept as 14 lower-case hex
 * digits. Texts of equal length compare like their numbers, so a trace id needs no conversion.
 * Source: specification, "TraceState: Probability Sampling".
 */
const DIGITS = 14;
/** The specification recommends four digits, besides the leading `f`s of very low probabilities. */
const PRECISION = 4;
const MIN_PROBABILITY = 2 ** -56;

export const ALWAYS_SAMPLE: string = "0".repeat(DIGITS);

/** The threshold below which randomness is rejected; `undefined` when the probability is too low to sample anything. */
export function thresholdOf(probability: number): string | undefined {
  if (!(probability >= MIN_PROBABILITY)) return undefined;
  if (probability >= 1) return ALWAYS_SAMPLE;
  const leadingFs = Math.floor(Math.log2(1 / probability) / 4);
  const precision = Math.min(PRECISION + leadingFs, DIGITS);
  // 16^precision may exceed what a double holds exactly, but the probability's own digits do not.
  const unit = 16n ** BigInt(precision);
  const kept = BigInt(Math.round(probability * 16 ** precision));
  const threshold = kept >= unit ? 0n : unit - (kept === 0n ? 1n : kept);
  return threshold.toString(16).padStart(precision, "0").padEnd(DIGITS, "0");
}

/** The low 56 bits of a trace id. */
export function randomnessOf(traceId: string): string {
  return traceId.slice(-DIGITS);
}

/** As `th` writes it: without zeros at the end. */
export function encodeThreshold(threshold: string): string {
  return threshold.replace(/0+$/, "") || "0";
}

export function decodeThreshold(text: string): string | undefined {
  return /^[0-9a-f]{1,14}$/.test(text) ? text.padEnd(DIGITS, "0") : undefined;
}

export function isRandomness(text: string): boolean {
  return /^[0-9a-f]{14}$/.test(text);
}
