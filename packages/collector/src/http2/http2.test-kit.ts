/** A client of bare HTTP/2 frames, for what no client of good manners would send. */
import { FLAG, FRAME, frame, headerBlock, PREFACE, settingsFrame } from "@clew/otlp/http2";
import { connect, type Socket } from "node:net";
import { until } from "../collector.test-kit.ts";

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

export class RawClient {
  readonly frames: Frame[] = [];
  isClosed = false;
  readonly #socket: Socket;
  #received = Buffer.alloc(0);

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => (this.isClosed = true));
  }

  /** One that has said that it speaks HTTP/2. */
  static open(port: number, settings: readonly (readonly [number, number])[] = []): RawClient {
    const client = new RawClient(port);
    client.send(PREFACE, settingsFrame(settings));
    return client;
  }

  send(...bytes: Uint8Array[]): void {
    this.#socket.write(Buffer.concat(bytes));
  }

  /** Stops reading what the server sends. */
  stall(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  of(type: number): Frame[] {
    return this.frames.filter((one) => one.type === type);
  }

  /** Resolves with the frames of a type once there are so many. */
  async some(type: number, count = 1): Promise<Frame[]> {
    await until(() => this.of(type).length >= count || this.isClosed);
    return this.of(type);
  }

  /** The code of the GOAWAY with which the server ends the connection. */
  async goneAway(): Promise<number | undefined> {
    await until(() => this.isClosed);
    return this.of(FRAME.GOAWAY).at(-1)?.payload.readUInt32BE(4);
  }

  #read(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#received, chunk]);
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3);
      const payload = bytes.subarray(9, end);
      this.frames.push({ type: bytes[3]!, flags: bytes[4]!, streamId: bytes.readUInt32BE(5), payload });
      bytes = bytes.subarray(end);
    }
    this.#received = bytes;
  }
}

/** A request's HEADERS, without its body. */
export function requestHeaders(path: string, streamId: number, flags: number = FLAG.END_HEADERS): Buffer {
  return frame(FRAME.HEADERS, flags, streamId, requestBlock(path));
}

export function requestBlock(path: string, more: Readonly<Record<string, string>> = {}): Buffer {
  const fields = { ":method": "POST", ":scheme": "http", ":path": path, "content-type": "application/grpc", ...more };
  return headerBlock(fields);
}

/** A message in gRPC's framing, in a DATA frame that ends the request. */
export function messageFrame(streamId: number, message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return frame(FRAME.DATA, FLAG.END_STREAM, streamId, Buffer.concat([prefix, message]));
}
