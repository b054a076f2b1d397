/** Bytes with a view of all of them, through which several are read at a time. */
export interface ByteSource {
  readonly bytes: Uint8Array;
  readonly dataView: DataView;
}

export function sourceOf(bytes: Uint8Array): ByteSource {
  return { bytes, dataView: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}
