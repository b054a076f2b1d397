/**
 * The frames of Zstandard data, found without decompressing them (RFC 8878, section 3.1):
 * libraries stop after the first, or give what they have where the last is cut short.
 */
const MAGIC = 0xfd2fb528;
/** The last four bits are free. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

export interface ZstdFrame {
  readonly bytes: Buffer;
  /** How long it says that its content is. */
  readonly contentSize: number | undefined;
}

/** Every frame that has content. Throws where one is cut short, or something else stands between or after them. */
export function zstdFrames(data: Buffer): ZstdFrame[] {
  const frames: ZstdFrame[] = [];
  for (let at = 0; at < data.length;) {
    const magic = take(data, at, 4).readUInt32LE(0);
    if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) {
      const size = take(data, at + 4, 4).readUInt32LE(0);
      at += 8 + take(data, at + 8, size).length;
      continue;
    }
    if (magic !== MAGIC) throw new Error("zstd: magic number mismatch");
    const { contentSize, hasChecksum, length } = headerOf(data, at);
    const end = blocksEnd(data, at + length) + (hasChecksum ? 4 : 0);
    frames.push({ bytes: take(data, at, end - at), contentSize });
    at = end;
  }
  if (frames.length === 0) throw new Error("zstd: unexpected EOF");
  return frames;
}

function headerOf(data: Buffer, at: number): { contentSize: number | undefined; hasChecksum: boolean; length: number } {
  const descriptor = take(data, at + 4, 1)[0]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const before = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  const size = take(data, at + before, sizeBytes);
  const hasChecksum = (descriptor & 4) !== 0;
  return { contentSize: sizeOf(size), hasChecksum, length: before + sizeBytes };
}

function sizeOf(field: Buffer): number | undefined {
  if (field.length === 0) return undefined;
  if (field.length === 8) return Number(field.readBigUInt64LE(0));
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}

function blocksEnd(data: Buffer, start: number): number {
  for (let at = start; ;) {
    const header = take(data, at, 3).readUIntLE(0, 3);
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) throw new Error("zstd: block of a reserved type");
    at += 3 + take(data, at + 3, type === RLE_BLOCK ? 1 : header >> 3).length;
    if ((header & 1) === 1) return at;
  }
}

function take(data: Buffer, at: number, length: number): Buffer {
  if (at + length > data.length) throw new Error("zstd: unexpected EOF");
  return data.subarray(at, at + length);
}
