/** A request may be this long, as it comes and decompressed. */
export const MAX_REQUEST_BYTES: number = 32 * 1_048_576;
/** So many requests are answered at a time; the others wait. */
export const MAX_CONCURRENT = 10;
/** A frame of a stream ends with the chunk in which it has more. */
export const MAX_FRAME_BYTES = 1_048_576;
