import type { Payload } from "./payload.ts";
import { Reader } from "./wire/reader.ts";
import { LENGTH_DELIMITED } from "./wire/wire-type.ts";
import { Writer } from "./wire/writer.ts";

const RESOURCE_TAG = (1 << 3) | LENGTH_DELIMITED;

/**
 * Gives the bytes of each ResourceSpans', ResourceMetrics' or ResourceLogs' `Resource` to
 * `edit` (empty bytes where it is missing) and splices in what it returns; undefined leaves
 * the entry as it is. Records are copied, never decoded. A `Resource` may stand anywhere in
 * its message, and more than once, in which case the parts merge, as protobuf has it.
 */
export function mapResources(payload: Payload, edit: (resource: Uint8Array) => Uint8Array | undefined): Payload {
  const chunks = payload.chunks.map((chunk) => mapChunk(chunk, edit));
  const byteLength = chunks.reduce((total, chunk) => total + chunk.length, 0);
  return { ...payload, chunks, byteLength };
}

function mapChunk(chunk: Uint8Array, edit: (resource: Uint8Array) => Uint8Array | undefined): Uint8Array {
  const reader = new Reader(chunk);
  const writer = new Writer(chunk.length + 256);
  while (reader.position < chunk.length) {
    const start = reader.position;
    const tag = reader.tag();
    if (tag !== RESOURCE_TAG) {
      reader.skip(tag);
      writer.raw(chunk.subarray(start, reader.position));
      continue;
    }
    const entry = reader.span();
    const { resource, rest } = takeResource(entry);
    const edited = edit(resource);
    if (edited === undefined) writer.raw(chunk.subarray(start, reader.position));
    else writeEntry(writer, edited, rest);
  }
  return writer.finish();
}

function writeEntry(writer: Writer, resource: Uint8Array, rest: readonly Uint8Array[]): void {
  const start = writer.begin(1);
  writer.bytes(1, resource);
  for (const part of rest) writer.raw(part);
  writer.end(start);
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
