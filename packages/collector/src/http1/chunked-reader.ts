import { RequestError } from "./request-head.ts";

/** A chunk's size with its extensions; nobody needs the latter. */
const MAX_SIZE_LINE_BYTES = 256;
const MAX_TRAILER_BYTES = 8 * 1024;
const CR = 13;
const LF = 10;
const SIZE_LINE = /^([\da-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i;

/** Takes a chunked body (RFC 9112, section 7.1) apart, as it comes. */
export class ChunkedReader {
  #state: "size" | "bytes" | "end of bytes" | "trailers" | "done" = "size";
  #left = 0;
  #line = "";
  #trailerBytes = 0;

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Gives what `bytes` from `start` on hold of the body to `take`; returns where they were used up, or the body ended. Throws `RequestError`. */
  read(bytes: Buffer, start: number, take: (piece: Buffer) => void): number {
    let position = start;
    while (position < bytes.length && this.#state !== "done") {
      position = this.#state === "bytes" ? this.#bytes(bytes, position, take) : this.#untilLineEnd(bytes, position);
    }
    return position;
  }

  #bytes(bytes: Buffer, start: number, take: (piece: Buffer) => void): number {
    const end = Math.min(bytes.length, start + this.#left);
    take(bytes.subarray(start, end));
    this.#left -= end - start;
    if (this.#left === 0) this.#state = "end of bytes";
    return end;
  }

  #untilLineEnd(bytes: Buffer, start: number): number {
    const lineFeed = bytes.indexOf(LF, start);
    const end = lineFeed < 0 ? bytes.length : lineFeed + 1;
    const limit = this.#state === "trailers" ? MAX_TRAILER_BYTES : MAX_SIZE_LINE_BYTES;
    if (this.#line.length + end - start > limit) throw new RequestError(400, "chunk header is too long");
    this.#line += bytes.toString("latin1", start, end);
    if (lineFeed < 0) return end;
    if (this.#line.charCodeAt(this.#line.length - 2) !== CR) throw malformed();
    const line = this.#line.slice(0, -2);
    this.#line = "";
    this.#ended(line);
    return end;
  }

  #ended(line: string): void {
    if (this.#state === "size") {
      const size = SIZE_LINE.exec(line)?.[1];
      if (size === undefined) throw malformed();
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? "trailers" : "bytes";
    } else if (this.#state === "end of bytes") {
      if (line !== "") throw malformed();
      this.#state = "size";
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MAX_TRAILER_BYTES) throw new RequestError(431, "trailers are too long");
      if (line === "") this.#state = "done";
    }
  }
}

function malformed(): RequestError {
  return new RequestError(400, "malformed chunked encoding");
}
