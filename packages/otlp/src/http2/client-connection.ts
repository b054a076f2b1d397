/**
 * A connection to an HTTP/2 server, for requests whose answers are small. Bodies are sent as
 * the server's windows allow and never copied; an answer may have so many bytes and no more.
 */
import type { Socket } from "node:net";
import { ClientStream, type ClientAnswer, type ClientRequest } from "./client-stream.ts";
import { ConnectionError } from "./connection-error.ts";
import {
  DEFAULT_WINDOW_BYTES,
  ERROR,
  FLAG,
  FRAME,
  frame,
  frameHead,
  goAwayFrame,
  MAX_FRAME_BYTES,
  MAX_STREAM_ID,
  MAX_WINDOW_BYTES,
  numberFrame,
  PREFACE,
  SETTING,
  settingsFrame,
} from "./frame.ts";
import { FrameReader, type FrameHandler } from "./frame-reader.ts";
import { HeaderReader, type Headers } from "./header-reader.ts";

const MAX_HEADER_BYTES = 64 * 1024;
/** Until the server says otherwise. */
const DEFAULT_MAX_STREAMS = 100;
/** Pings and settings that a server may have us answer without reading what we send. */
const MAX_UNSENT_CONTROL_BYTES = 64 * 1024;

/** The stream ended otherwise than with an answer. */
export class StreamError extends Error {
  /** The HTTP/2 code of the reset; undefined where the connection was lost. */
  readonly code: number | undefined;

  constructor(message: string, code?: number) {
    super(message);
    this.code = code;
  }
}

export interface ClientConnectionSettings {
  readonly maxAnswerBytes: number;
  /** Whether the connection keeps the process alive also while no request is under way. */
  readonly holdsProcess: boolean;
  /** No new request will be taken: the server asked us to leave, or the connection was lost. */
  readonly ended: () => void;
}

export class ClientConnection implements FrameHandler {
  readonly #socket: Socket;
  readonly #settings: ClientConnectionSettings;
  readonly #reader: FrameReader = new FrameReader(this, "server");
  readonly #headers: HeaderReader = new HeaderReader(MAX_HEADER_BYTES);
  readonly #streams = new Map<number, ClientStream>();
  // Requests for which the server has no stream free, oldest first.
  readonly #waiting: ClientStream[] = [];
  // Streams whose body is not sent, oldest first.
  readonly #sending = new Set<ClientStream>();
  #nextId = 1;
  #maxStreams = DEFAULT_MAX_STREAMS;
  #streamWindow = DEFAULT_WINDOW_BYTES;
  #sendWindow = DEFAULT_WINDOW_BYTES;
  #receivedBytes = 0;
  #isLeaving = false;
  #isClosed = false;
  #pong: (() => void) | undefined;
  #unsentControlBytes = 0;

  /** `socket` is connected. */
  constructor(socket: Socket, settings: ClientConnectionSettings) {
    this.#socket = socket;
    this.#settings = settings;
    socket.on("data", (bytes: Buffer) => this.#read(bytes));
    socket.on("drain", () => (this.#unsentControlBytes = 0));
    socket.on("error", (error) => this.#lost(error.message));
    socket.on("close", () => this.#lost("the connection was closed"));
    socket.write(PREFACE);
    socket.write(settingsFrame([[SETTING.ENABLE_PUSH, 0]]));
  }

  get isIdle(): boolean {
    return this.#streams.size === 0 && this.#waiting.length === 0;
  }

  /** Whether a request that it was given may not have left the process yet. */
  get hasUnsentBytes(): boolean {
    return this.#sending.size > 0 || this.#waiting.length > 0 || this.isIdle || this.#socket.writableLength > 0;
  }

  /** Resolves with the answer. Rejects with `StreamError`, or with `signal`'s reason once that aborts. */
  request(request: ClientRequest, signal: AbortSignal): Promise<ClientAnswer> {
    if (this.#isClosed || this.#isLeaving) return Promise.reject(new StreamError("the connection is closing"));
    const stream = new ClientStream(request, this.#settings.maxAnswerBytes);
    const abort = (): void => this.#cancel(stream, signal.reason);
    signal.addEventListener("abort", abort);
    this.#socket.ref();
    if (this.#streams.size < this.#maxStreams) this.#open(stream);
    else this.#waiting.push(stream);
    return stream.answer.finally(() => signal.removeEventListener("abort", abort));
  }

  /** Asks whether the server is there; resolves once it answered. */
  ping(): Promise<void> {
    this.#socket.write(frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
    return new Promise((resolve) => {
      this.#pong = resolve;
    });
  }

  /** Ends once the requests under way have ended. */
  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#socket.destroyed) resolve();
      else this.#socket.once("close", () => resolve());
    });
    this.#leave();
    return closed;
  }

  destroy(why: string): void {
    this.#lost(why);
  }

  #leave(): void {
    if (!this.#isLeaving) {
      this.#isLeaving = true;
      this.#settings.ended();
    }
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (!this.#isLeaving || this.#isClosed || !this.isIdle) return;
    this.#socket.write(goAwayFrame(0, ERROR.NO_ERROR));
    this.#socket.destroySoon();
  }

  // What goes out.

  #open(stream: ClientStream): void {
    if (this.#nextId > MAX_STREAM_ID) {
      stream.fail(new StreamError("the connection is used up"));
      return this.#leave();
    }
    stream.id = this.#nextId;
    stream.sendWindow = this.#streamWindow;
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    this.#sending.add(stream);
    this.#socket.cork();
    this.#socket.write(frame(FRAME.HEADERS, FLAG.END_HEADERS, stream.id, stream.request.headers));
    this.#sendBodies();
    process.nextTick(() => this.#socket.uncork());
  }

  /** As much of the bodies as the windows allow. */
  #sendBodies(): void {
    for (const stream of this.#sending) {
      this.#sendBody(stream);
      if (this.#sendWindow <= 0) return;
    }
  }

  #sendBody(stream: ClientStream): void {
    for (;;) {
      const most = Math.min(MAX_FRAME_BYTES, stream.sendWindow, this.#sendWindow);
      if (most <= 0) return;
      const { pieces, length, isEnd } = stream.nextPieces(most);
      stream.sendWindow -= length;
      this.#sendWindow -= length;
      this.#socket.write(frameHead(FRAME.DATA, isEnd ? FLAG.END_STREAM : 0, stream.id, length));
      for (const piece of pieces) this.#socket.write(piece);
      if (!isEnd) continue;
      this.#sending.delete(stream);
      return;
    }
  }

  #control(bytes: Buffer): void {
    this.#socket.write(bytes);
    if (!this.#socket.writableNeedDrain) return;
    this.#unsentControlBytes += bytes.length;
    if (this.#unsentControlBytes > MAX_UNSENT_CONTROL_BYTES) this.#lost("the server does not read what it asks for");
  }

  #cancel(stream: ClientStream, reason: unknown): void {
    if (this.#streams.has(stream.id)) this.#control(numberFrame(FRAME.RST_STREAM, stream.id, ERROR.CANCEL));
    this.#forget(stream);
    stream.fail(reason);
  }

  /** The stream has ended, however: another may begin. */
  #forget(stream: ClientStream): void {
    this.#streams.delete(stream.id);
    this.#sending.delete(stream);
    const at = this.#waiting.indexOf(stream);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#openWaiting();
    if (this.isIdle && !this.#settings.holdsProcess) this.#socket.unref();
    this.#endIfDone();
  }

  #openWaiting(): void {
    while (this.#waiting.length > 0 && this.#streams.size < this.#maxStreams) this.#open(this.#waiting.shift()!);
  }

  // What the server sends.

  #read(bytes: Buffer): void {
    if (this.#isClosed) return;
    try {
      this.#reader.read(bytes);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#socket.write(goAwayFrame(0, error.code));
      this.#lost(`the server breaks HTTP/2: ${error.message}`);
    }
  }

  dataBegins(streamId: number, length: number): void {
    this.#expect(!this.#headers.isOpen && streamId !== 0, "DATA where it may not stand");
    this.#receivedBytes += length;
    if (this.#receivedBytes < DEFAULT_WINDOW_BYTES / 2) return;
    this.#control(numberFrame(FRAME.WINDOW_UPDATE, 0, this.#receivedBytes));
    this.#receivedBytes = 0;
  }

  data(streamId: number, bytes: Buffer): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    if (stream.take(bytes)) return;
    this.#control(numberFrame(FRAME.RST_STREAM, streamId, ERROR.CANCEL));
    this.#forget(stream);
  }

  dataEnds(streamId: number, flags: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    if ((flags & FLAG.END_STREAM) !== 0) return this.#endOf(stream);
    const credit = stream.credit();
    if (credit > 0) this.#control(numberFrame(FRAME.WINDOW_UPDATE, streamId, credit));
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.#expect(this.#headers.mayFollow(type, streamId), "a header block was interrupted");
    switch (type) {
      case FRAME.HEADERS:
        return this.#headersOf(this.#headers.begin(flags, streamId, payload));
      case FRAME.CONTINUATION:
        return this.#headersOf(this.#headers.goOn(flags, payload));
      case FRAME.RST_STREAM:
        return this.#reset(streamId, payload);
      case FRAME.SETTINGS:
        return this.#settingsOf(flags, payload);
      case FRAME.PING:
        return this.#ping(flags, payload);
      case FRAME.GOAWAY:
        return this.#goAway(payload);
      case FRAME.WINDOW_UPDATE:
        return this.#windowUpdate(streamId, payload);
      case FRAME.PUSH_PROMISE:
        throw new ConnectionError(ERROR.PROTOCOL_ERROR, "a push, which we do not allow");
    }
  }

  #headersOf(headers: Headers | undefined): void {
    if (headers === undefined) return;
    const stream = this.#streams.get(headers.streamId);
    if (stream === undefined) return;
    stream.fields(headers.fields);
    if (headers.isEnd) this.#endOf(stream);
  }

  #endOf(stream: ClientStream): void {
    // The server has answered before it had read all: it wants no more.
    if (this.#sending.has(stream)) this.#control(numberFrame(FRAME.RST_STREAM, stream.id, ERROR.NO_ERROR));
    stream.end();
    this.#forget(stream);
  }

  #reset(streamId: number, payload: Buffer): void {
    this.#expectSize(payload.length === 4);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    const code = payload.readUInt32BE();
    stream.fail(new StreamError(`stream terminated by RST_STREAM with error code: ${nameOf(code)}`, code));
    this.#forget(stream);
  }

  #settingsOf(flags: number, payload: Buffer): void {
    if ((flags & FLAG.ACK) !== 0) return;
    this.#expectSize(payload.length % 6 === 0);
    for (let at = 0; at < payload.length; at += 6) {
      this.#setting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    }
    this.#control(frame(FRAME.SETTINGS, FLAG.ACK, 0, Buffer.alloc(0)));
    this.#openWaiting();
    this.#goOnSending();
  }

  #setting(setting: number, value: number): void {
    if (setting === SETTING.MAX_CONCURRENT_STREAMS) this.#maxStreams = value;
    if (setting !== SETTING.INITIAL_WINDOW_SIZE) return;
    if (value > MAX_WINDOW_BYTES) throw new ConnectionError(ERROR.FLOW_CONTROL_ERROR, "window is too large");
    for (const stream of this.#streams.values()) stream.sendWindow += value - this.#streamWindow;
    this.#streamWindow = value;
  }

  #ping(flags: number, payload: Buffer): void {
    this.#expectSize(payload.length === 8);
    if ((flags & FLAG.ACK) === 0) return this.#control(frame(FRAME.PING, FLAG.ACK, 0, payload));
    this.#pong?.();
    this.#pong = undefined;
  }

  /** Requests that the server says it never saw can be sent to another. */
  #goAway(payload: Buffer): void {
    this.#expectSize(payload.length >= 8);
    const lastId = payload.readUInt32BE() & MAX_STREAM_ID;
    const unseen = [...this.#streams.values()].filter(({ id }) => id > lastId).concat(this.#waiting.splice(0));
    this.#isLeaving = true;
    this.#settings.ended();
    for (const stream of unseen) {
      this.#streams.delete(stream.id);
      this.#sending.delete(stream);
      stream.fail(new StreamError(`the server goes away: ${nameOf(payload.readUInt32BE(4))}`, ERROR.REFUSED_STREAM));
    }
    this.#endIfDone();
  }

  #windowUpdate(streamId: number, payload: Buffer): void {
    this.#expectSize(payload.length === 4);
    const increment = payload.readUInt32BE() & MAX_WINDOW_BYTES;
    const stream = this.#streams.get(streamId);
    if (streamId === 0) this.#sendWindow += increment;
    else if (stream !== undefined) stream.sendWindow += increment;
    if (Math.max(this.#sendWindow, stream?.sendWindow ?? 0) > MAX_WINDOW_BYTES) {
      throw new ConnectionError(ERROR.FLOW_CONTROL_ERROR, "window is too large");
    }
    this.#goOnSending();
  }

  #goOnSending(): void {
    if (this.#sending.size === 0) return;
    this.#socket.cork();
    this.#sendBodies();
    process.nextTick(() => this.#socket.uncork());
  }

  #expect(isTrue: boolean, otherwise: string): void {
    if (!isTrue) throw new ConnectionError(ERROR.PROTOCOL_ERROR, otherwise);
  }

  #expectSize(isRight: boolean): void {
    if (!isRight) throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, "frame of a wrong size");
  }

  #lost(why: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isLeaving = true;
    this.#settings.ended();
    this.#socket.destroy();
    for (const stream of [...this.#streams.values(), ...this.#waiting]) stream.fail(new StreamError(why));
    this.#streams.clear();
    this.#sending.clear();
    this.#waiting.length = 0;
  }
}

function nameOf(code: number): string {
  return Object.entries(ERROR).find(([, value]) => value === code)?.[0] ?? String(code);
}
