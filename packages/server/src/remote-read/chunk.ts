/** `prometheus.Chunk` and its encodings: https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md */
export const CHUNK_ENCODINGS = { xor: 1, floatHistogram: 3 } as const;

/** As many samples as Prometheus has in one. */
export const SAMPLES_A_CHUNK = 120;

export interface Chunk {
  /** Both included. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly encoding: (typeof CHUNK_ENCODINGS)[keyof typeof CHUNK_ENCODINGS];
  readonly data: Uint8Array;
}

/** Whether a whole number fits so many bits, as the encodings count: from -(2^(n-1) - 1) to 2^(n-1). */
export function fitsBits(value: number, count: number): boolean {
  return value >= 1 - 2 ** (count - 1) && value <= 2 ** (count - 1);
}
