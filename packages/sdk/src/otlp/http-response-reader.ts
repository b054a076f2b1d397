/** Reads one HTTP/1.1 response as it comes (RFC 9112). */

/** A response is small; a body beyond this is refused. Source: OTLP specification, "response body limit". */
const MAX_BODY_BYTES = 4 * 1_024 * 1_024;
const MAX_HEAD_BYTES = 64 * 1_024;
const HEAD_END: Buffer = Buffer.from("\r\n\r\n");
const LINE_END: Buffer = Buffer.from("\r\n");
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/;
const CHUNK_SIZE = /^([\da-f]{1,8})[\t ]*(?:;.*)?$/i;
const LAST_INTERIM_STATUS = 199;

/** Asking again would bring the same. */
export class ResponseTooLarge extends Error {
  override readonly name = "ResponseTooLarge";

  constructor() {
    super(`the response has more than ${MAX_BODY_BYTES} bytes`);
  }
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; of several of one name, the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether the connection may carry another request. */
  readonly keepsAlive: boolean;
}

interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly isVersion10: boolean;
}

/** Reads the heads of one server's responses, which are the same for a second, as their `Date` is: the last one is not read again. */
export class ResponseHeads {
  #text: string | undefined;
  #head: Head | undefined;

  of(text: string): Head {
    if (this.#head === undefined || text !== this.#text) {
      this.#head = headOf(text);
      this.#text = text;
    }
    return this.#head;
  }
}

export class HttpResponseReader {
  readonly #heads: ResponseHeads;
  #bytes: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  readonly #chunks: Buffer[] = [];
  #chunksLength = 0;
  #isTrailer = false;

  constructor(heads: ResponseHeads = new ResponseHeads()) {
    this.#heads = heads;
  }

  /** Returns the response once it is whole. Throws an error that says what is wrong with it. */
  read(chunk: Buffer): HttpResponse | undefined {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    while (this.#head === undefined || this.#head.status <= LAST_INTERIM_STATUS) {
      if (!this.#readHead()) return undefined;
    }
    return this.#readBody(this.#head);
  }

  /** The server has ended the connection: a body of unknown length ends with it. */
  end(): HttpResponse | undefined {
    const head = this.#head;
    if (head === undefined || isChunked(head) || lengthOf(head) !== undefined) return undefined;
    return { status: head.status, headers: head.headers, body: this.#bytes, keepsAlive: false };
  }

  #readHead(): boolean {
    const end = this.#bytes.indexOf(HEAD_END);
    if (end > MAX_HEAD_BYTES || (end < 0 && this.#bytes.length > MAX_HEAD_BYTES))
      throw new Error("headers are too long");
    if (end < 0) return false;
    this.#head = this.#heads.of(this.#bytes.toString("latin1", 0, end));
    this.#bytes = this.#bytes.subarray(end + HEAD_END.length);
    return true;
  }

  #readBody(head: Head): HttpResponse | undefined {
    if (isChunked(head)) return this.#readChunks() ? answer(head, Buffer.concat(this.#chunks)) : undefined;
    const length = lengthOf(head);
    if (length === undefined) {
      if (this.#bytes.length > MAX_BODY_BYTES) throw new ResponseTooLarge();
      return undefined;
    }
    if (length > MAX_BODY_BYTES) throw new ResponseTooLarge();
    return this.#bytes.length < length ? undefined : answer(head, this.#bytes.subarray(0, length));
  }

  /** Returns whether the last chunk and its trailers have come. */
  #readChunks(): boolean {
    for (;;) {
      const lineEnd = this.#bytes.indexOf(LINE_END);
      if (lineEnd < 0) return false;
      const line = this.#bytes.toString("latin1", 0, lineEnd);
      const next = lineEnd + LINE_END.length;
      if (this.#isTrailer) {
        this.#bytes = this.#bytes.subarray(next);
        if (line === "") return true;
        continue;
      }
      const size = Number.parseInt(CHUNK_SIZE.exec(line)?.[1] ?? "", 16);
      if (Number.isNaN(size)) throw new Error("malformed chunk");
      if (this.#chunksLength + size > MAX_BODY_BYTES) throw new ResponseTooLarge();
      if (size > 0 && this.#bytes.length < next + size + LINE_END.length) return false;
      this.#chunks.push(this.#bytes.subarray(next, next + size));
      this.#chunksLength += size;
      this.#isTrailer = size === 0;
      this.#bytes = this.#bytes.subarray(size === 0 ? next : next + size + LINE_END.length);
    }
  }
}

function headOf(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const [, minor, status] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined) throw new Error(`no HTTP response: ${JSON.stringify(first.slice(0, 80))}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(status), headers, isVersion10: minor === "0" };
}

function isChunked({ headers }: Head): boolean {
  return /(?:^|[,\t ])chunked$/i.test(headers.get("transfer-encoding") ?? "");
}

/** Undefined where the body ends with the connection. */
function lengthOf({ status, headers }: Head): number | undefined {
  if (status === 204 || status === 304) return 0;
  const text = headers.get("content-length");
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Error(`malformed Content-Length: ${text}`);
  return Number(text);
}

function answer({ status, headers, isVersion10 }: Head, body: Buffer): HttpResponse {
  const connection = headers.get("connection")?.toLowerCase() ?? "";
  const keepsAlive = isVersion10 ? connection.includes("keep-alive") : !connection.includes("close");
  return { status, headers, body, keepsAlive };
}
