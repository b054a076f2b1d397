import type { Payload } from "./payload.ts";
import { Reader } from "./wire/reader.ts";
import { LENGTH_DELIMITED } from "./wire/wire-type.ts";
import { Writer } from "./wire/writer.ts";

const RESOURCE_TAG = (1 << 3) | LENGTH_DELIMITED;

/** Returns the new bytes of a `Resource`, undefined where it stays as it is. */
type ResourceEdit = (resource: Uint8Array) => Uint8Array | undefined;

/**
 * Gives the bytes of each ResourceSpans', ResourceMetrics' or ResourceLogs' `Resource` to
 * `edit` (empty bytes where it is missing) and splices in what it returns; undefined leaves
 * the entry as it is. Records are copied, once and into one piece, never decoded. A `Resource`
 * may stand anywhere in its message, and more than once, in which case the parts merge, as
 * protobuf has it.
 */
export function mapResources(payload: Payload, edit: ResourceEdit): Payload {
  const pieces: Uint8Array[] = [];
  let isChanged = false;
  for (const chunk of payload.chunks) isChanged = mapChunk(chunk, edit, pieces) || isChanged;
  if (!isChanged) return payload;
  const bytes = Buffer.concat(pieces);
  return { ...payload, chunks: [bytes], byteLength: bytes.length };
}

/** Adds to `pieces` what `chunk` becomes; returns whether that is anything else. */
function mapChunk(chunk: Uint8Array, edit: ResourceEdit, pieces: Uint8Array[]): boolean {
  const reader = new Reader(chunk);
  let kept = 0;
  while (reader.position < chunk.length) {
    const start = reader.position;
    const tag = reader.tag();
    if (tag !== RESOURCE_TAG) {
      reader.skip(tag);
      continue;
    }
    const { resource, rest } = takeResource(reader.span());
    const edited = edit(resource);
    if (edited === undefined) continue;
    if (start > kept) pieces.push(chunk.subarray(kept, start));
    pieces.push(headOf(edited, rest), ...rest);
    kept = reader.position;
  }
  if (kept < chunk.length) pieces.push(chunk.subarray(kept));
  return kept > 0;
}

/** Tag and length of an entry of this resource and `rest`, and the resource. */
function headOf(resource: Uint8Array, rest: readonly Uint8Array[]): Uint8Array {
  const field = new Writer(resource.length + 8);
  field.bytes(1, resource);
  const head = new Writer(field.byteLength + 8);
  head.tag(1, LENGTH_DELIMITED);
  head.varint(rest.reduce((total, { length }) => total + length, field.byteLength));
  head.raw(field.view());
  return head.take();
}

/** Parts a ResourceX message into its resource's bytes and everything else. */
function takeResource(entry: Uint8Array): { resource: Uint8Array; rest: Uint8Array[] } {
  const reader = new Reader(entry);
  const resources: Uint8Array[] = [];
  const rest: Uint8Array[] = [];
  let kept = 0;
  while (reader.position < entry.length) {
    const start = reader.position;
    const tag = reader.tag();
    if (tag !== RESOURCE_TAG) {
      reader.skip(tag);
      continue;
    }
    if (start > kept) rest.push(entry.subarray(kept, start));
    resources.push(reader.span());
    kept = reader.position;
  }
  if (kept < entry.length) rest.push(entry.subarray(kept));
  return { resource: resources.length === 1 ? resources[0]! : Buffer.concat(resources), rest };
}
