import { CollectedBytes } from "@clew/otlp/http2";
import { PREFIX_BYTES, readPrefix } from "@clew/otlp/grpc";
import { RPC_CODE } from "@clew/otlp";
import type { RequestHandler } from "../http2/stream.ts";
import type { ReceivingRequest } from "../net/receiving.ts";
import { CallError } from "./call-error.ts";
import { decompressed } from "./decompress.ts";

/** The one message of a unary call, as it arrives. */
export class GrpcRequest implements RequestHandler {
  readonly #encoding: string;
  readonly #maxBytes: number;
  readonly #receiving: ReceivingRequest;
  readonly #bytes = new CollectedBytes();
  /** The length with its prefix, once that has come. */
  #expected = Infinity;
  #isRefused = false;
  #resolve: (message: Buffer | Promise<Buffer>) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  /** Resolves with the message, decompressed. Rejects with `CallError` as soon as it cannot become one. */
  readonly whole: Promise<Buffer>;

  constructor(encoding: string, maxBytes: number, receiving: ReceivingRequest) {
    this.#encoding = encoding;
    this.#maxBytes = maxBytes;
    this.#receiving = receiving;
    this.whole = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Gives the message up before it is whole. */
  refuse(error: unknown): void {
    this.#isRefused = true;
    this.#bytes.clear();
    this.#reject(error);
  }

  data(bytes: Buffer): void {
    if (this.#isRefused) return;
    const noRoom = this.#receiving.add(bytes.length);
    if (noRoom !== undefined) return this.refuse(noRoom);
    if (this.#expected === Infinity) this.#readPrefix(bytes);
    if (this.#isRefused) return;
    this.#bytes.add(bytes);
    if (this.#bytes.length > this.#expected) {
      this.refuse(new CallError(RPC_CODE.INTERNAL, "grpc: received more than one request message"));
    }
  }

  /** Learns how long the message is, once `next` and what came before it tell. */
  #readPrefix(next: Buffer): void {
    const { length: known } = this.#bytes;
    const start = known === 0 ? next : Buffer.concat([this.#bytes.start(known), next.subarray(0, PREFIX_BYTES)]);
    const prefix = readPrefix(start);
    if (prefix === undefined) return;
    if (prefix.length > this.#maxBytes) return this.refuse(tooLarge(prefix.length, this.#maxBytes));
    this.#expected = PREFIX_BYTES + prefix.length;
    this.#bytes.expect(this.#expected);
  }

  end(): void {
    if (this.#bytes.length !== this.#expected) return this.refuse(new CallError(RPC_CODE.INTERNAL, "unexpected EOF"));
    const frame = this.#bytes.take();
    this.#bytes.clear();
    const body = frame.subarray(PREFIX_BYTES);
    this.#resolve(frame[0] === 1 ? this.#decompressed(body) : body);
  }

  async #decompressed(body: Buffer): Promise<Buffer> {
    const message = await decompressed(body, this.#encoding, this.#maxBytes);
    const noRoom = this.#receiving.add(message.length);
    if (noRoom !== undefined) throw noRoom;
    return message;
  }

  reset(): void {
    this.refuse(new CallError(RPC_CODE.CANCELLED, "context canceled"));
  }
}

function tooLarge(length: number, maxBytes: number): CallError {
  const what = `grpc: received message larger than max (${length} vs. ${maxBytes})`;
  return new CallError(RPC_CODE.RESOURCE_EXHAUSTED, what);
}
