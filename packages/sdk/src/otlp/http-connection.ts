/**
 * HTTP/1.1 for requests to one server, one after the other over one connection that is kept. Node's own client makes
 * some thirty objects for each request, which was a quarter of what a span costs (docs/adr/0011-sdk-hot-path.md).
 */
// Only the type: what is loaded at the first connection costs the start of a process nothing.
import type { OnReadOpts, Socket } from "node:net";
import { untracedAtOnce } from "../common/suppress-tracing.ts";
import { type HttpResponse, HttpResponseReader, ResponseHeads } from "./http-response-reader.ts";
import type { TlsConfig } from "./otlp-config.ts";

/** A longer answer is read in pieces. */
const READ_BYTES = 4_096;

/** A request that was given to a connection. */
interface Exchange {
  readonly head: string;
  readonly body: Uint8Array;
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (error: Error) => void;
  readonly reader: HttpResponseReader;
  hasBegunAnew: boolean;
}

export class HttpConnection {
  readonly #url: URL;
  readonly #tls: TlsConfig;
  readonly #isKept: boolean;
  #socket: Socket | undefined;
  // Whether the socket has answered before, and nothing has come since the request that it carries.
  #mayBeStale = false;
  readonly #heads = new ResponseHeads();
  // The first is under way.
  readonly #exchanges: Exchange[] = [];

  /** `isKept`: whether a connection carries the next request too, if the server lets it. */
  constructor(url: URL, tls: TlsConfig, isKept = true) {
    this.#url = url;
    this.#tls = tls;
    this.#isKept = isKept;
  }

  /**
   * Sends `head`, which ends with an empty line, and `body`. The response rejects where none comes;
   * `giveUp` rejects it, and ends the connection if it was under way.
   */
  request(head: string, body: Uint8Array): { response: Promise<HttpResponse>; giveUp: (error: Error) => void } {
    let exchange: Exchange | undefined;
    const response = new Promise<HttpResponse>((resolve, reject) => {
      exchange = { head, body, resolve, reject, reader: new HttpResponseReader(this.#heads), hasBegunAnew: false };
      this.#exchanges.push(exchange);
      if (this.#exchanges.length === 1) this.#begin(exchange);
    });
    return { response, giveUp: (error) => this.#giveUp(exchange!, error) };
  }

  /** Whether anything but one request that was written whole is under way. */
  get hasUnsentBytes(): boolean {
    const socket = this.#socket;
    return this.#exchanges.length !== 1 || socket === undefined || socket.connecting || socket.writableLength > 0;
  }

  close(): void {
    for (const exchange of this.#exchanges.splice(0)) exchange.reject(new Error("the exporter is shut down"));
    this.#disconnect();
  }

  #begin({ head, body }: Exchange): void {
    this.#mayBeStale = this.#socket !== undefined;
    const socket = (this.#socket ??= this.#connect());
    socket.ref();
    socket.cork();
    socket.write(head, "latin1");
    socket.write(body);
    socket.uncork();
  }

  #giveUp(exchange: Exchange, error: Error): void {
    const at = this.#exchanges.indexOf(exchange);
    if (at === 0) this.#fail(error);
    else if (at > 0) {
      this.#exchanges.splice(at, 1);
      exchange.reject(error);
    }
  }

  #connect(): Socket {
    const { hostname, port, protocol } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, "");
    // Answers are short: the 64 KiB that a socket takes for each would be most of the garbage that exports make.
    const onread: OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (length, bytes) => {
        this.#read(socket, Buffer.from(bytes.subarray(0, length)));
        return true;
      },
    };
    const isTls = protocol === "https:";
    const plain = { host, port: Number(port || (isTls ? 443 : 80)), onread };
    const socket: Socket = untracedAtOnce(() =>
      isTls
        ? process.getBuiltinModule("node:tls").connect(tlsOptions(plain, this.#tls))
        : process.getBuiltinModule("node:net").connect(plain),
    );
    socket.setNoDelay(true);
    socket.on("end", () => this.#ended(socket));
    socket.on("error", (error) => this.#lost(socket, error));
    socket.on("close", () => this.#lost(socket, new Error("the connection was closed")));
    return socket;
  }

  #read(socket: Socket, chunk: Buffer): void {
    if (socket !== this.#socket) return;
    const [exchange] = this.#exchanges;
    if (exchange === undefined) return this.#disconnect(); // Nobody asked for this.
    this.#mayBeStale = false;
    try {
      const response = exchange.reader.read(chunk);
      if (response !== undefined) this.#answered(response);
    } catch (thrown) {
      this.#fail(thrown as Error);
    }
  }

  #answered(response: HttpResponse): void {
    if (response.keepsAlive && this.#isKept) this.#socket?.unref();
    else this.#disconnect();
    this.#exchanges.shift()?.resolve(response);
    this.#beginNext();
  }

  #ended(socket: Socket): void {
    if (socket !== this.#socket) return;
    const response = this.#exchanges[0]?.reader.end();
    if (response !== undefined) this.#answered(response);
    else this.#lost(socket, new Error("the server ended the connection without an answer"));
  }

  /** A server may end a connection that was idle just when a request comes: that is sent again, once. */
  #lost(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return;
    const [exchange] = this.#exchanges;
    if (exchange === undefined || !this.#mayBeStale || exchange.hasBegunAnew) return this.#fail(error);
    this.#disconnect();
    exchange.hasBegunAnew = true;
    this.#begin(exchange);
  }

  #fail(error: Error): void {
    this.#disconnect();
    this.#exchanges.shift()?.reject(error);
    this.#beginNext();
  }

  #beginNext(): void {
    const [next] = this.#exchanges;
    if (next !== undefined) this.#begin(next);
  }

  #disconnect(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}

/** TLS has names for hosts only, not for addresses. */
function tlsOptions<Plain extends { readonly host: string }>(plain: Plain, tls: TlsConfig): Plain & TlsConfig {
  const isName = process.getBuiltinModule("node:net").isIP(plain.host) === 0;
  return { ...plain, ALPNProtocols: ["http/1.1"], ...(isName && { servername: plain.host }), ...tls };
}
