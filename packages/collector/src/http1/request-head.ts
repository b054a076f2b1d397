/**
 * Reads the head of an HTTP/1.1 request (RFC 9112), and nothing that two programs could read
 * in two ways: such a head is refused, so that no request hides inside another.
 */

/** A request is refused with `status`, and its connection ends. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface RequestHead {
  readonly method: string;
  /** As it was sent, query included. */
  readonly target: string;
  /** Names in lower case; what was sent more than once is joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** How long the body is, `chunked` where it tells as it goes. */
  readonly bodyLength: number | "chunked";
  readonly keepsAlive: boolean;
  /** The client waits for a word before it sends the body. */
  readonly expectsContinue: boolean;
}

const HEAD =
  /^([!#$%&'*+\-.^_`|~\w]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)((?:\r\n[!#$%&'*+\-.^_`|~\w]+:[\t\x20-\x7e\x80-\xff]*)*)$/;
const MAX_LENGTH_DIGITS = 15;

/** `text` is the head without the empty line that ends it. Throws `RequestError`. */
export function parseHead(text: string): RequestHead {
  const match = HEAD.exec(text);
  if (match === null) throw new RequestError(400, "malformed request");
  const [, method = "", target = "", major, minor, lines = ""] = match;
  if (major !== "1") throw new RequestError(505, "HTTP version not supported");
  const headers = headersOf(lines);
  const isCurrent = minor !== "0";
  if (isCurrent && !headers.has("host")) throw new RequestError(400, "missing required Host header");
  if (headers.get("host")?.includes(",") === true) throw new RequestError(400, "too many Host headers");
  return {
    method,
    target,
    headers,
    bodyLength: bodyLengthOf(headers, isCurrent),
    keepsAlive: keepsAlive(headers.get("connection"), isCurrent),
    expectsContinue: expectsContinue(headers.get("expect"), isCurrent),
  };
}

function headersOf(lines: string): Map<string, string> {
  const headers = new Map<string, string>();
  let start = 2;
  while (start < lines.length) {
    const lineEnd = lines.indexOf("\r\n", start);
    const end = lineEnd < 0 ? lines.length : lineEnd;
    const colon = lines.indexOf(":", start);
    const name = lines.slice(start, colon).toLowerCase();
    const value = lines.slice(colon + 1, end).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
    start = end + 2;
  }
  return headers;
}

function bodyLengthOf(headers: ReadonlyMap<string, string>, isCurrent: boolean): number | "chunked" {
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  if (coding !== undefined) {
    if (length !== undefined) throw new RequestError(400, "both Transfer-Encoding and Content-Length");
    if (!isCurrent || coding.toLowerCase() !== "chunked") throw new RequestError(501, "unsupported transfer encoding");
    return "chunked";
  }
  if (length === undefined) return 0;
  // Said twice it has a comma in it.
  if (!/^\d+$/.test(length) || length.length > MAX_LENGTH_DIGITS) throw new RequestError(400, "bad Content-Length");
  return Number(length);
}

function keepsAlive(connection: string | undefined, isCurrent: boolean): boolean {
  if (connection === undefined) return isCurrent;
  const options = connection.toLowerCase().split(/\s*,\s*/);
  return isCurrent ? !options.includes("close") : options.includes("keep-alive");
}

function expectsContinue(expect: string | undefined, isCurrent: boolean): boolean {
  if (expect === undefined || !isCurrent) return false;
  if (expect.toLowerCase() !== "100-continue") throw new RequestError(417, "unknown expectation");
  return true;
}
