/**
 * One client's HTTP/2 connection (RFC 9113), as far as a server of small answers needs it.
 * Everything that a peer can make us keep has a limit: header blocks, streams in hand (one
 * that was reset counts until its work has ended), answers that it does not read, frames
 * that carry nothing.
 */
import {
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  ERROR,
  FLAG,
  FRAME,
  frame,
  goAwayFrame,
  MAX_FRAME_BYTES,
  MAX_STREAM_ID,
  MAX_WINDOW_BYTES,
  numberFrame,
  SETTING,
  settingsFrame,
  FrameReader,
  type FrameHandler,
  type HeaderField,
  HeaderReader,
  type Headers,
} from "@clew/otlp/http2";
import type { Socket } from "node:net";
import { takeReads } from "../net/lent-reads.ts";
import { answerBytes, type Answer } from "./answer.ts";
import { Keepalive, type KeepaliveSettings } from "./keepalive.ts";
import { Misuse } from "./misuse.ts";
import { Outbox } from "./outbox.ts";
import { DEAF, Http2Stream, type RequestHandler, type StreamOwner } from "./stream.ts";

/** Sized for a distant sender: 4 MiB a stream carries 40 MB/s over 100 ms, and a whole message of the default limit. */
const STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;
/** Header fields of one request, compressed or not. */
const MAX_HEADER_BYTES = 16 * 1024;
/** How long a client may take to say that it speaks HTTP/2. */
const OPENING_TIMEOUT_MS = 20_000;
/** After the first GOAWAY, how long requests that crossed it are still taken. */
const GOAWAY_GRACE_MS = 1_000;
const SHUTDOWN_PING: Buffer = Buffer.from("goodbye!", "latin1");

export interface ConnectionSettings {
  readonly maxConcurrentStreams: number;
  readonly keepalive: KeepaliveSettings;
  readonly nowMs: () => number;
  /** A request's headers have come. Returns who takes its body. */
  readonly begin: (stream: Http2Stream, headers: readonly HeaderField[]) => RequestHandler;
  /** Why the connection was ended, for the log. */
  readonly failed: (what: string) => void;
  readonly report: (error: unknown) => void;
}

export class Http2Connection implements FrameHandler, StreamOwner {
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #reader: FrameReader = new FrameReader(this, "client");
  readonly #headers: HeaderReader = new HeaderReader(MAX_HEADER_BYTES);
  readonly #out: Outbox;
  readonly #keepalive: Keepalive;
  readonly #openedMs: number;
  readonly #misuse: Misuse;
  // Streams whose request or answer is not complete.
  readonly #streams = new Map<number, Http2Stream>();
  // Answers that the peer's windows have no room for, oldest first.
  #stalled: { readonly stream: Http2Stream; readonly answer: Answer }[] = [];
  // Streams whose work has not ended, reset ones included.
  #inHand = 0;
  #lastStreamId = 0;
  #hasSettings = false;
  #peerStreamWindow = DEFAULT_WINDOW_BYTES;
  #sendWindow = DEFAULT_WINDOW_BYTES;
  #receiveWindow = CONNECTION_WINDOW_BYTES;
  #isClosing = false;
  #goneAwayAtMs: number | undefined;
  #isClosed = false;

  constructor(socket: Socket, settings: ConnectionSettings) {
    this.#socket = socket;
    this.#settings = settings;
    this.#out = new Outbox(socket, () => !this.#isClosed, settings.failed);
    this.#openedMs = settings.nowMs();
    this.#keepalive = new Keepalive(settings.keepalive, this.#openedMs);
    this.#misuse = new Misuse(settings.nowMs);
    socket.on("end", () => socket.end());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#closed());
    this.#out.send(
      settingsFrame([
        [SETTING.MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams],
        [SETTING.INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES],
        [SETTING.MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES],
      ]),
    );
    this.#out.send(numberFrame(FRAME.WINDOW_UPDATE, 0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES));
    takeReads(socket, (lent) => this.#read(lent));
  }

  /** Takes no new requests, and ends once those in hand were answered. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // A request may be on its way: the client is told first, and only then held to it.
    this.#out.send(goAwayFrame(MAX_STREAM_ID, ERROR.NO_ERROR));
    this.#out.send(frame(FRAME.PING, 0, 0, SHUTDOWN_PING));
    this.#goneAwayAtMs = this.#settings.nowMs() + GOAWAY_GRACE_MS;
    if (!this.#hasSettings) this.#goAway();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends what has taken too long. Called now and then. */
  check(): void {
    const nowMs = this.#settings.nowMs();
    if (!this.#hasSettings) {
      if (nowMs - this.#openedMs >= OPENING_TIMEOUT_MS) this.#socket.destroy();
      return;
    }
    if (this.#goneAwayAtMs !== undefined && nowMs >= this.#goneAwayAtMs) this.#goAway();
    switch (this.#keepalive.due(nowMs, this.#inHand)) {
      case "ping":
        return this.#out.send(frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
      case "close":
        return this.close();
      case "destroy":
        return this.destroy();
    }
  }

  // What streams ask for.

  answer(stream: Http2Stream, answer: Answer): void {
    if (stream.isReset || this.#isClosed) return this.#release();
    const { dataBytes } = answer;
    if (dataBytes > stream.sendWindow || dataBytes > this.#sendWindow) {
      this.#stalled.push({ stream, answer });
      return;
    }
    stream.sendWindow -= dataBytes;
    this.#sendWindow -= dataBytes;
    this.#keepalive.answered();
    this.#out.send(answerBytes(answer, stream.id));
    if (!stream.isRemoteClosed) this.#out.send(numberFrame(FRAME.RST_STREAM, stream.id, ERROR.NO_ERROR));
    stream.isReset = true;
    this.#streams.delete(stream.id);
    this.#release();
  }

  #release(): void {
    this.#inHand--;
    if (this.#inHand === 0) this.#keepalive.idleSince(this.#settings.nowMs());
    if (this.#goneAwayAtMs === Infinity) this.#endIfDone();
  }

  #sendStalled(): void {
    if (this.#stalled.length === 0) return;
    const stalled = this.#stalled;
    this.#stalled = [];
    for (const { stream, answer } of stalled) this.answer(stream, answer);
  }

  // What the peer sends.

  #read(lent: Buffer): void {
    if (this.#isClosed) return;
    try {
      this.#keepalive.heard(this.#settings.nowMs());
      this.#reader.read(lent);
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code, error.message);
      else {
        this.#settings.report(error);
        this.#socket.destroy();
      }
    }
  }

  dataBegins(streamId: number, length: number): void {
    this.#expect(!this.#headers.isOpen && this.#hasSettings, "DATA where it may not stand");
    this.#expect(streamId !== 0 && streamId <= this.#lastStreamId, "DATA on an idle stream");
    if (length === 0) this.#misuse.idleFrame();
    this.#receiveWindow -= length;
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) stream.receiveWindow -= length;
    if (this.#receiveWindow < 0 || (stream?.receiveWindow ?? 0) < 0) {
      throw new ConnectionError(ERROR.FLOW_CONTROL_ERROR, "more DATA than the window allows");
    }
    if (this.#receiveWindow > CONNECTION_WINDOW_BYTES / 2) return;
    this.#out.send(numberFrame(FRAME.WINDOW_UPDATE, 0, CONNECTION_WINDOW_BYTES - this.#receiveWindow));
    this.#receiveWindow = CONNECTION_WINDOW_BYTES;
  }

  data(streamId: number, bytes: Buffer): void {
    const stream = this.#streams.get(streamId);
    // A stream that was answered or reset: its last frames cross our answer.
    if (stream !== undefined && !stream.isRemoteClosed) stream.handler.data(bytes);
  }

  dataEnds(streamId: number, flags: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    if (stream.isRemoteClosed) throw new ConnectionError(ERROR.STREAM_CLOSED, "DATA after the end of a request");
    if ((flags & FLAG.END_STREAM) !== 0) return this.#endOf(stream);
    if (stream.receiveWindow > STREAM_WINDOW_BYTES / 2) return;
    this.#out.send(numberFrame(FRAME.WINDOW_UPDATE, streamId, STREAM_WINDOW_BYTES - stream.receiveWindow));
    stream.receiveWindow = STREAM_WINDOW_BYTES;
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.#expect(this.#headers.mayFollow(type, streamId), "a header block was interrupted");
    this.#expect(this.#hasSettings || type === FRAME.SETTINGS, "the first frame is not SETTINGS");
    switch (type) {
      case FRAME.HEADERS:
        this.#expect(streamId % 2 === 1, "HEADERS on a stream that a client cannot open");
        return this.#headersOf(this.#headers.begin(flags, streamId, payload));
      case FRAME.CONTINUATION:
        return this.#headersOf(this.#headers.goOn(flags, payload));
      case FRAME.RST_STREAM:
        return this.#reset(streamId, payload);
      case FRAME.GOAWAY:
        return this.close();
      case FRAME.PUSH_PROMISE:
        return this.#expect(false, "a client cannot push");
    }
    this.#misuse.idleFrame();
    if (type === FRAME.SETTINGS) this.#settingsOf(flags, streamId, payload);
    else if (type === FRAME.PING) this.#ping(flags, streamId, payload);
    else if (type === FRAME.WINDOW_UPDATE) this.#windowUpdate(streamId, payload);
    // PRIORITY says nothing to us, and what is unknown must be passed over.
  }

  #headersOf(headers: Headers | undefined): void {
    if (headers === undefined) return; // More of them must come.
    const { streamId, fields, isEnd } = headers;
    if (streamId <= this.#lastStreamId) {
      const stream = this.#streams.get(streamId);
      if (stream === undefined) return; // It crosses our answer.
      this.#expect(isEnd && !stream.isRemoteClosed, "HEADERS in the middle of a request");
      return this.#endOf(stream);
    }
    if (this.#goneAwayAtMs === Infinity) return; // After our last GOAWAY: the client knows that it was not taken.
    this.#lastStreamId = streamId;
    if (this.#inHand >= this.#settings.maxConcurrentStreams) {
      this.#misuse.reset();
      return this.#out.send(numberFrame(FRAME.RST_STREAM, streamId, ERROR.REFUSED_STREAM));
    }
    this.#begin(streamId, fields, isEnd);
  }

  #begin(streamId: number, fields: readonly HeaderField[], isEnd: boolean): void {
    const stream = new Http2Stream(this, streamId, this.#peerStreamWindow, STREAM_WINDOW_BYTES);
    this.#inHand++;
    this.#misuse.request();
    this.#streams.set(streamId, stream);
    if (isEnd) stream.isRemoteClosed = true;
    stream.handler = this.#settings.begin(stream, fields);
    if (isEnd && this.#streams.has(streamId)) this.#endOf(stream);
  }

  #endOf(stream: Http2Stream): void {
    stream.isRemoteClosed = true;
    // Its work may take long: meanwhile nothing here holds the request.
    const { handler } = stream;
    stream.handler = DEAF;
    handler.end();
  }

  #reset(streamId: number, payload: Buffer): void {
    this.#expectSize(payload.length === 4);
    this.#expect(streamId !== 0 && streamId <= this.#lastStreamId, "RST_STREAM on an idle stream");
    this.#misuse.reset();
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    this.#streams.delete(streamId);
    const isStalled = this.#stalled.some((one) => one.stream === stream);
    this.#stalled = this.#stalled.filter((one) => one.stream !== stream);
    this.#abandon(stream);
    if (isStalled) this.#release();
  }

  #abandon(stream: Http2Stream): void {
    stream.isReset = true;
    stream.isRemoteClosed = true;
    const { handler } = stream;
    stream.handler = DEAF;
    handler.reset();
  }

  #settingsOf(flags: number, streamId: number, payload: Buffer): void {
    this.#expect(streamId === 0, "SETTINGS on a stream");
    if ((flags & FLAG.ACK) !== 0) return this.#expectSize(payload.length === 0);
    this.#expectSize(payload.length % 6 === 0);
    for (let at = 0; at < payload.length; at += 6) {
      this.#setting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    }
    this.#hasSettings = true;
    this.#out.send(frame(FRAME.SETTINGS, FLAG.ACK, 0, Buffer.alloc(0)));
    this.#sendStalled();
  }

  #setting(setting: number, value: number): void {
    if (setting === SETTING.ENABLE_PUSH) this.#expect(value <= 1, "ENABLE_PUSH is neither 0 nor 1");
    if (setting === SETTING.MAX_FRAME_SIZE) this.#expect(value >= MAX_FRAME_BYTES && value < 2 ** 24, "MAX_FRAME_SIZE");
    if (setting !== SETTING.INITIAL_WINDOW_SIZE) return;
    const change = value - this.#peerStreamWindow;
    this.#peerStreamWindow = value;
    for (const stream of this.#streams.values()) stream.sendWindow += change;
    const isTooMuch =
      value > MAX_WINDOW_BYTES || [...this.#streams.values()].some((one) => one.sendWindow > MAX_WINDOW_BYTES);
    if (isTooMuch) throw new ConnectionError(ERROR.FLOW_CONTROL_ERROR, "window is too large");
  }

  #ping(flags: number, streamId: number, payload: Buffer): void {
    this.#expect(streamId === 0, "PING on a stream");
    this.#expectSize(payload.length === 8);
    if ((flags & FLAG.ACK) === 0) {
      if (!this.#keepalive.mayPing(this.#settings.nowMs(), this.#inHand)) {
        throw new ConnectionError(ERROR.ENHANCE_YOUR_CALM, "too_many_pings");
      }
      return this.#out.send(frame(FRAME.PING, FLAG.ACK, 0, payload));
    }
    if (this.#isClosing && payload.equals(SHUTDOWN_PING)) this.#goAway();
  }

  #windowUpdate(streamId: number, payload: Buffer): void {
    this.#expectSize(payload.length === 4);
    const increment = payload.readUInt32BE() & 0x7fffffff;
    this.#expect(increment > 0, "WINDOW_UPDATE of nothing");
    this.#expect(streamId <= this.#lastStreamId, "WINDOW_UPDATE on an idle stream");
    const stream = this.#streams.get(streamId);
    if (streamId === 0) this.#sendWindow += increment;
    else if (stream !== undefined) stream.sendWindow += increment;
    if (this.#sendWindow > MAX_WINDOW_BYTES || (stream?.sendWindow ?? 0) > MAX_WINDOW_BYTES) {
      throw new ConnectionError(ERROR.FLOW_CONTROL_ERROR, "window is too large");
    }
    this.#sendStalled();
  }

  #expect(isTrue: boolean, otherwise: string): void {
    if (!isTrue) throw new ConnectionError(ERROR.PROTOCOL_ERROR, otherwise);
  }

  #expectSize(isRight: boolean): void {
    if (!isRight) throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, "frame of a wrong size");
  }

  // How it ends.

  #fail(code: number, what: string): void {
    this.#settings.failed(what);
    this.#out.send(goAwayFrame(this.#lastStreamId, code, what));
    this.#out.flush();
    this.#closed();
    this.#socket.destroySoon();
  }

  /** The last GOAWAY: nothing new is taken after it. */
  #goAway(): void {
    if (this.#goneAwayAtMs === Infinity) return;
    this.#goneAwayAtMs = Infinity;
    this.#out.send(goAwayFrame(this.#lastStreamId, ERROR.NO_ERROR));
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#inHand > 0 || this.#isClosed) return;
    this.#out.flush();
    this.#socket.end();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const stalled = this.#stalled;
    this.#stalled = [];
    for (const stream of this.#streams.values()) this.#abandon(stream);
    this.#streams.clear();
    for (let i = 0; i < stalled.length; i++) this.#release();
  }
}
