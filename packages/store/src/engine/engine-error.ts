import type { IncomingMessage } from "node:http";

/** What an answer says before its exception, where that came behind rows that were sent already. */
const MARK = "__exception__";
/** An exception's text is cut off by the engine at half of that. */
const LONGEST_TAIL = 32_768;
/** `Code: 241. DB::Exception: <message>. (MEMORY_LIMIT_EXCEEDED) (version …)`; on a cluster with another such text around it. */
const EXCEPTION = /(?:Code|Error): (\d+).*Exception: (.+?)\(((?=[A-Z0-9_]*[A-Z]{3})[A-Z0-9_]+)\)/s;

/** What the engine refused, with ClickHouse's `code` and `type`. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  /** A number, as text. */
  readonly code: string;
  readonly type: string;

  constructor(message: string, code: string, type: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
}

/** What is wrong with an answer; undefined where nothing is. */
export function engineError({ statusCode, headers }: IncomingMessage, chunks: readonly Buffer[]): Error | undefined {
  if (statusCode !== 200) return errorOf(Buffer.concat(chunks).toString() || `HTTP status ${statusCode}`);
  const tag = headers["x-clickhouse-exception-tag"];
  if (typeof tag !== "string" || chunks.length === 0) return undefined;
  const tail = tailOf(chunks);
  const head = `\r\n${MARK}\r\n${tag}\r\n`;
  const start = tail.endsWith(`${tag}\r\n${MARK}\r\n`) ? tail.lastIndexOf(head) : -1;
  return start < 0 ? undefined : errorOf(Buffer.from(tail.slice(start + head.length), "latin1").toString());
}

function errorOf(text: string): Error {
  const [, code, message, type] = EXCEPTION.exec(text) ?? [];
  return code === undefined ? new Error(text) : new EngineError(message ?? "", code, type ?? "");
}

function tailOf(chunks: readonly Buffer[]): string {
  const parts: Buffer[] = [];
  for (let length = 0, i = chunks.length - 1; i >= 0 && length < LONGEST_TAIL; i--) {
    parts.unshift(chunks[i]!);
    length += chunks[i]!.length;
  }
  return Buffer.concat(parts).subarray(-LONGEST_TAIL).toString("latin1");
}
