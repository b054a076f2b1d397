import { RPC_CODE } from "@clew/otlp";
import type { RequestHandler } from "../http2/stream.ts";
import type { Receiving, ReceivingRequest } from "../net/receiving.ts";
import { CallError } from "./call-error.ts";
import { PREFIX_BYTES, readPrefix } from "./message.ts";
import { decompressed } from "./decompress.ts";

/** The one message of a unary call, as it arrives. */
export class GrpcRequest implements RequestHandler {
  readonly #encoding: string;
  readonly #maxBytes: number;
  readonly #receiving: ReceivingRequest;
  readonly #chunks: Buffer[] = [];
  #received = 0;
  /** The length with its prefix, once that has come. */
  #expected = Infinity;
  #resolve: (message: Buffer | Promise<Buffer>) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  /** Resolves with the message, decompressed. Rejects with `CallError` as soon as it cannot become one. */
  readonly whole: Promise<Buffer>;

  constructor(encoding: string, maxBytes: number, receiving: Receiving) {
    this.#encoding = encoding;
    this.#maxBytes = maxBytes;
    this.#receiving = receiving.begin();
    this.whole = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Gives the message up before it is whole. */
  refuse(error: unknown): void {
    this.#receiving.end();
    this.#chunks.length = 0;
    this.#reject(error);
  }

  data(bytes: Buffer): void {
    const noRoom = this.#receiving.add(bytes.length);
    if (noRoom !== undefined) return this.refuse(noRoom);
    this.#chunks.push(bytes);
    this.#received += bytes.length;
    if (this.#expected === Infinity && this.#received >= PREFIX_BYTES) {
      const { length } = readPrefix(this.#chunks.length === 1 ? bytes : Buffer.concat(this.#chunks))!;
      if (length > this.#maxBytes) return this.refuse(tooLarge(length, this.#maxBytes));
      this.#expected = PREFIX_BYTES + length;
    }
    if (this.#received > this.#expected) {
      this.refuse(new CallError(RPC_CODE.INTERNAL, "grpc: received more than one request message"));
    }
  }

  end(): void {
    if (this.#received !== this.#expected) return this.refuse(new CallError(RPC_CODE.INTERNAL, "unexpected EOF"));
    const frame = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#received);
    this.#receiving.end();
    const body = frame.subarray(PREFIX_BYTES);
    this.#resolve(frame[0] === 1 ? decompressed(body, this.#encoding, this.#maxBytes) : body);
  }

  reset(): void {
    this.refuse(new CallError(RPC_CODE.CANCELLED, "context canceled"));
  }
}

function tooLarge(length: number, maxBytes: number): CallError {
  const what = `grpc: received message larger than max (${length} vs. ${maxBytes})`;
  return new CallError(RPC_CODE.RESOURCE_EXHAUSTED, what);
}
