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
  const magic = await headOf(stored, GZIP_MAGIC.length);
  const whole = from(magic, stored);
  if (!magic.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) return yield* split(whole, format);
  try {
    // An error of either comes out where the plain bytes are read.
    yield* split(
      pipeline(Readable.from(whole), createGunzip(), () => {}),
      format,
    );
  } catch (error) {
    if (error instanceof ClewError) throw error;
    yield { place: "its compressed data", bytes: undefined, problem: messageOf(error) };
  }
}

async function* split(source: AsyncIterable<Buffer>, format: Format): AsyncGenerator<Item> {
  const chunks = source[Symbol.asyncIterator]();
  const head = await headOf(chunks, HEAD_BYTES);
  if (head.length === 0) return yield broken("it is empty");
  const splitter = splitterFor(head, format);
  if (splitter === undefined) return yield broken("it begins like none of OTLP, Jaeger's and Zipkin's formats");
  for await (const chunk of from(head, chunks)) yield* splitter.feed(chunk);
  yield* splitter.end();
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

/** As many bytes, or more, or all that there are. */
async function headOf(chunks: AsyncIterator<Buffer>, bytes: number): Promise<Buffer> {
  const found: Buffer[] = [];
  for (let length = 0; length < bytes;) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    found.push(value);
    length += value.length;
  }
  return Buffer.concat(found);
}

async function* from(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  for (let next; (next = await rest.next()).done !== true;) yield next.value;
}
