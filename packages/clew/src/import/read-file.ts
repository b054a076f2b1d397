/** A file, or the standard input, thing by thing. */
import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ClewError, messageOf } from "@clew/base";
import type { Item } from "./item.ts";
import { HEAD_BYTES, splitterFor, type Format } from "./recognise.ts";

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/**
 * `-` is `standardInput`. Rejects with `FILE_UNREADABLE` where the file can't be read; what is wrong within it is an
 * item with a problem.
 */
export async function* itemsOf(file: string, format: Format, standardInput: Readable): AsyncGenerator<Item> {
  const stored = chunksOf(file, file === "-" ? standardInput : createReadStream(file));
  const head = await headOf(stored, GZIP_MAGIC.length);
  const isZipped = head.bytes.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
  const whole = from(head, stored);
  try {
    // An error of either comes out where the plain bytes are read.
    yield* split(isZipped ? pipeline(Readable.from(whole), createGunzip(), () => {}) : whole, format);
  } catch (error) {
    if (error instanceof ClewError) throw error;
    yield { place: "its compressed data", bytes: undefined, problem: messageOf(error) };
  }
}

async function* split(source: AsyncIterable<Buffer>, format: Format): AsyncGenerator<Item> {
  const chunks = source[Symbol.asyncIterator]();
  const head = await headOf(chunks, HEAD_BYTES);
  const splitter = splitterFor(head.bytes, format);
  for await (const chunk of from(head, chunks)) if (splitter !== undefined) yield* splitter.feed(chunk);
  if (head.bytes.length === 0) yield broken("it is empty");
  else if (splitter === undefined) yield broken("it begins like none of OTLP, Jaeger's and Zipkin's formats");
  else yield* splitter.end();
}

function broken(problem: string): Item {
  return { place: "byte 0", bytes: undefined, problem };
}

async function* chunksOf(file: string, stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    const remedy = "name a file that this user may read";
    throw new ClewError("FILE_UNREADABLE", messageOf(cause), { path: file, remedy, cause });
  }
}

interface Head {
  readonly bytes: Buffer;
  /** What broke off the reading so early; what came before is still worth something. */
  readonly failure: unknown;
}

/** As many bytes, or more, or all that there are. */
async function headOf(chunks: AsyncIterator<Buffer>, bytes: number): Promise<Head> {
  const found: Buffer[] = [];
  try {
    for (let length = 0; length < bytes;) {
      const { done, value } = await chunks.next();
      if (done === true) break;
      found.push(value);
      length += value.length;
    }
  } catch (failure) {
    return { bytes: Buffer.concat(found), failure };
  }
  return { bytes: Buffer.concat(found), failure: undefined };
}

async function* from({ bytes, failure }: Head, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
  if (failure !== undefined) throw failure;
  for (let next; (next = await rest.next()).done !== true;) yield next.value;
}
