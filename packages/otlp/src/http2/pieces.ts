/** Shorter pieces are copied together: a write of its own would cost more. */
const MIN_PIECE_BYTES = 16 * 1024;

/** The same bytes in pieces that are worth a write each, long ones uncopied. */
export function pieces(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  if (chunks.every(({ length }) => length >= MIN_PIECE_BYTES)) return chunks;
  const joined: Uint8Array[] = [];
  let short: Uint8Array[] = [];
  const joinShort = (): void => {
    if (short.length > 0) joined.push(short.length === 1 ? short[0]! : Buffer.concat(short));
    short = [];
  };
  for (const chunk of chunks) {
    if (chunk.length < MIN_PIECE_BYTES) short.push(chunk);
    else {
      joinShort();
      joined.push(chunk);
    }
  }
  joinShort();
  return joined;
}
