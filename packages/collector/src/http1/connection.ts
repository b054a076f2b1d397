/**
 * One client's HTTP/1.1 connection. Requests that come before the last was answered are
 * worked on at once and answered in their order. A body is read once somebody wants it;
 * until then it waits in the network.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { ChunkedReader } from "./chunked-reader.ts";
import { Exchange, type ExchangeOwner, type HttpAnswer } from "./exchange.ts";
import { parseHead, RequestError } from "./request-head.ts";

const MAX_HEAD_BYTES = 64 * 1024;
/** Requests of one client in hand at once. */
const MAX_PIPELINED = 256;
/** Of a body that nobody wants so much is read, to keep the connection; from more it parts. */
const MAX_DISCARDED_BYTES = 256 * 1024;
/** How long a client may still send after it was told that nobody listens. */
const LINGER_MS = 1_000;
const MAX_UNSENT_BYTES = 1024 * 1024;
const HEAD_END: Buffer = Buffer.from("\r\n\r\n", "latin1");
const CONTINUE: Buffer = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1");

export interface ConnectionSettings {
  /** How long a client may take for a request's head, for all of a request, and to read an answer; and how long it may keep silent. */
  readonly readHeaderTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Whether a connection serves more than one request. */
  readonly keepsAlive: boolean;
  readonly nowMs: () => number;
  /** The `Date` header's value. */
  readonly date: () => string;
  /** Whether a request that came now would be refused for want of room. */
  readonly isFull: () => boolean;
  /** Answers a request. */
  readonly serve: (exchange: Exchange) => Promise<HttpAnswer>;
  readonly report: (error: unknown) => void;
}

export class Http1Connection implements ExchangeOwner {
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #address: string;
  // What was read and not yet used; empty when nothing is left.
  #input: Buffer = Buffer.alloc(0);
  // Requests that were not answered yet, oldest first.
  readonly #exchanges: Exchange[] = [];
  // The request whose body comes next, and how much of it must come.
  #current: Exchange | undefined;
  #bodyLeft = 0;
  #chunked: ChunkedReader | undefined;
  #discarded = 0;
  #isReading = false;
  #isPaused = false;
  // No further request will be taken.
  #isLast = false;
  #isDead = false;
  #out: Buffer[] = [];
  // When something must have happened: a whole head, a whole request, or anything at all.
  #sinceMs: number;
  #unsentSinceMs: number | undefined;
  #lingersUntilMs = Infinity;

  constructor(socket: Socket, settings: ConnectionSettings) {
    this.#socket = socket;
    this.#settings = settings;
    const { remoteAddress = "", remotePort = 0 } = socket;
    this.#address = `${remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
    this.#sinceMs = settings.nowMs();
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => this.#halfClosed());
    socket.on("drain", () => (this.#unsentSinceMs = undefined));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#closed());
  }

  /** Ends once the requests in hand were answered. */
  close(): void {
    this.#isLast = true;
    if (this.#exchanges.length === 0 && this.#current === undefined) this.#end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends what has taken too long. Called now and then. */
  check(): void {
    const nowMs = this.#settings.nowMs();
    const { writeTimeoutMs } = this.#settings;
    const isStuck = this.#unsentSinceMs !== undefined && nowMs - this.#unsentSinceMs >= writeTimeoutMs;
    const isSilent = nowMs - this.#sinceMs >= this.#silenceMs();
    if (isStuck || isSilent || nowMs >= this.#lingersUntilMs) this.#socket.destroy();
  }

  wanted(): void {
    if (this.#isReading) return;
    this.#read();
  }

  /** How long the client may keep us waiting for what it should send now. */
  #silenceMs(): number {
    const { idleTimeoutMs, readHeaderTimeoutMs, readTimeoutMs } = this.#settings;
    if (this.#current !== undefined) return this.#current.isWanted ? readTimeoutMs : Infinity;
    if (this.#input.length > 0) return readHeaderTimeoutMs;
    return this.#exchanges.length > 0 ? Infinity : idleTimeoutMs;
  }

  // What comes in.

  #receive(chunk: Buffer): void {
    if (this.#isDead) return;
    if (this.#input.length === 0 && this.#current === undefined) this.#sinceMs = this.#settings.nowMs();
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    if (!this.#isReading) this.#read();
  }

  #read(): void {
    this.#isReading = true;
    try {
      while (this.#input.length > 0 && !this.#isDead && this.#step());
      this.#continue();
    } catch (error) {
      if (error instanceof RequestError) this.#refuse(error);
      else {
        this.#settings.report(error);
        this.#socket.destroy();
      }
    }
    this.#isReading = false;
    this.#pauseOrResume();
  }

  /** Uses some of the input; false where it must wait. */
  #step(): boolean {
    const current = this.#current;
    if (current === undefined) return this.#head();
    if (!current.isWanted && current.answer === undefined) return false;
    return this.#chunked === undefined ? this.#body(current) : this.#chunks(current, this.#chunked);
  }

  #head(): boolean {
    if (this.#mustWait()) return false;
    // Some clients end a request with a line too much (RFC 9112, section 2.2).
    if (this.#input[0] === 13 && this.#input[1] === 10) {
      this.#use(2);
      return true;
    }
    const end = this.#input.indexOf(HEAD_END);
    if (end > MAX_HEAD_BYTES || (end < 0 && this.#input.length > MAX_HEAD_BYTES)) {
      throw new RequestError(431, "request header fields too large");
    }
    if (end < 0) return false;
    const head = parseHead(this.#input.toString("latin1", 0, end));
    this.#use(end + HEAD_END.length);
    this.#sinceMs = this.#settings.nowMs();
    const exchange = new Exchange(this, head, this.#address);
    if (!head.keepsAlive || !this.#settings.keepsAlive) this.#isLast = true;
    this.#exchanges.push(exchange);
    if (!exchange.isWhole) {
      this.#current = exchange;
      this.#discarded = 0;
      if (head.bodyLength === "chunked") this.#chunked = new ChunkedReader();
      else this.#bodyLeft = head.bodyLength;
    }
    this.#settings.serve(exchange).then(
      (answer) => this.#answer(exchange, answer),
      (error: unknown) => {
        this.#settings.report(error);
        this.#socket.destroy();
      },
    );
    return true;
  }

  #body(current: Exchange): boolean {
    const length = Math.min(this.#bodyLeft, this.#input.length);
    const piece = length === this.#input.length ? this.#input : this.#input.subarray(0, length);
    this.#bodyLeft -= length;
    this.#use(length);
    this.#taken(current, piece);
    if (this.#bodyLeft === 0) this.#bodyEnds(current);
    return true;
  }

  #chunks(current: Exchange, chunked: ChunkedReader): boolean {
    this.#use(chunked.read(this.#input, 0, (piece) => this.#taken(current, piece)));
    if (chunked.isDone) this.#bodyEnds(current);
    return true;
  }

  #taken(current: Exchange, piece: Buffer): void {
    current.take(piece);
    if (current.isWanted && !current.isRefused) return;
    this.#discarded += piece.length;
    if (this.#discarded > MAX_DISCARDED_BYTES && current.answer !== undefined) this.#end();
  }

  #bodyEnds(current: Exchange): void {
    this.#current = undefined;
    this.#chunked = undefined;
    this.#sinceMs = this.#settings.nowMs();
    if (current.isRefused || !current.isWanted) current.isWhole = true;
    else current.end();
    if (this.#isLast && this.#exchanges.length === 0) this.#end();
  }

  #use(byteCount: number): void {
    this.#input = byteCount === this.#input.length ? Buffer.alloc(0) : this.#input.subarray(byteCount);
  }

  /** Lets the client send the body it holds back, once somebody wants it and all before it was answered. */
  #continue(): void {
    const [first] = this.#exchanges;
    if (first === undefined || first !== this.#current || !first.isWanted || first.isToldToContinue) return;
    if (!first.head.expectsContinue || first.isWhole) return;
    first.isToldToContinue = true;
    this.#send(CONTINUE);
  }

  #pauseOrResume(): void {
    const mustWait = this.#input.length > 0 && (this.#current !== undefined || this.#mustWait());
    if (mustWait === this.#isPaused || this.#isDead) return;
    this.#isPaused = mustWait;
    if (mustWait) this.#socket.pause();
    else this.#socket.resume();
  }

  /** Whether no request may begin. A refusal could not go out before the answers that stand before it do. */
  #mustWait(): boolean {
    const { length } = this.#exchanges;
    return this.#isLast || length >= MAX_PIPELINED || (length > 0 && this.#settings.isFull());
  }

  #halfClosed(): void {
    this.#isLast = true;
    this.#current?.breakOff();
    this.#current = undefined;
    if (this.#exchanges.length === 0) this.#socket.end();
  }

  #closed(): void {
    this.#isDead = true;
    this.#input = Buffer.alloc(0);
    this.#current?.breakOff();
    this.#current = undefined;
  }

  // What goes out.

  #answer(exchange: Exchange, answer: HttpAnswer): void {
    exchange.answer = answer;
    if (this.#isDead) return;
    while (this.#exchanges[0]?.answer !== undefined) {
      const next = this.#exchanges.shift()!;
      const isLast = this.#mustPart(next) || (this.#isLast && this.#exchanges.length === 0);
      this.#send(answerBytes(next.answer!, this.#settings.date(), isLast, next.head.method === "HEAD"));
      if (isLast) return this.#end();
    }
    if (this.#exchanges.length === 0 && this.#current === undefined) this.#sinceMs = this.#settings.nowMs();
    if (!this.#isReading) this.#read();
  }

  /** Whether the rest of its body is too much to wait for, or would never come. */
  #mustPart(exchange: Exchange): boolean {
    if (exchange.isWhole) return false;
    const { bodyLength, expectsContinue } = exchange.head;
    if (expectsContinue && !exchange.isToldToContinue) return true;
    const left = bodyLength === "chunked" ? 0 : this.#bodyLeft;
    return this.#discarded + left > MAX_DISCARDED_BYTES;
  }

  #refuse({ status, message }: RequestError): void {
    this.#isLast = true;
    this.#current?.breakOff();
    this.#current = undefined;
    this.#exchanges.length = 0;
    const headers = { "content-type": "text/plain; charset=utf-8" };
    const answer = { status, headers, body: `${status} ${STATUS_CODES[status]}: ${message}` };
    this.#send(answerBytes(answer, this.#settings.date(), true, false));
    this.#end();
  }

  /** What the client still sends is not read, but for a while taken, so that it hears the answer. */
  #end(): void {
    this.#flush();
    this.#isDead = true;
    this.#isLast = true;
    this.#input = Buffer.alloc(0);
    this.#socket.resume();
    this.#socket.end();
    this.#lingersUntilMs = this.#settings.nowMs() + LINGER_MS;
  }

  /** Answers of one turn go out in one write. */
  #send(bytes: Buffer): void {
    if (this.#out.length === 0) process.nextTick(() => this.#flush());
    this.#out.push(bytes);
  }

  #flush(): void {
    const out = this.#out;
    if (out.length === 0 || this.#socket.destroyed) return;
    this.#out = [];
    const isSent = this.#socket.write(out.length === 1 ? out[0]! : Buffer.concat(out));
    if (!isSent) this.#unsentSinceMs ??= this.#settings.nowMs();
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.#socket.destroy();
  }
}

function answerBytes(
  { status, headers, body = "" }: HttpAnswer,
  date: string,
  isLast: boolean,
  isHead: boolean,
): Buffer {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nDate: ${date}\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  const content = typeof body === "string" ? Buffer.from(body) : body;
  if (status !== 204) head += `Content-Length: ${content.length}\r\n`;
  head += isLast ? "Connection: close\r\n\r\n" : "\r\n";
  if (content.length === 0 || isHead) return Buffer.from(head, "latin1");
  return Buffer.concat([Buffer.from(head, "latin1"), content]);
}
