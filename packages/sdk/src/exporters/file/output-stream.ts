import { appendFileSync, createWriteStream } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Writable } from "node:stream";
import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import { writeHolding } from "../../common/standard-streams.ts";

export interface OTLPFileExporterConfig {
  /**
   * Where to write: `stdout`, a file that is appended to (`file:///var/log/traces.jsonl`), or a stream, which
   * stays open. `stdout` unless given.
   */
  readonly outputStream?: string | Writable;
}

/** Writes whole lines, one after the other. */
export interface LineWriter {
  /** Resolves when the line was handed to the system. Rejects when that failed. */
  write(line: string): Promise<void>;
  /** As `write`, but at the end of the process the line was handed to the system before this returns. */
  writeNow(line: string): Promise<void>;
  close(): Promise<void>;
}

export function lineWriter({ outputStream = "stdout" }: OTLPFileExporterConfig): LineWriter {
  if (typeof outputStream !== "string") return new StreamWriter(outputStream, {});
  if (outputStream !== "stdout") {
    const path = filePath(outputStream);
    if (path !== undefined) return new StreamWriter(createWriteStream(path, { flags: "a" }), { path });
    diag.warn(
      `the output stream ${JSON.stringify(outputStream)} is ignored: expected stdout or file:///path; stdout is used`,
    );
  }
  return new StreamWriter(process.stdout, {});
}

function filePath(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

class StreamWriter implements LineWriter {
  readonly #stream: Writable;
  // Of a file that we opened.
  readonly #path: string | undefined;

  constructor(stream: Writable, { path }: { readonly path?: string }) {
    this.#stream = stream;
    this.#path = path;
    // A stream whose errors nobody hears would end the process. Each write is told of its own error too.
    stream.on("error", (error) => diag.debug(`the output stream failed: ${messageOf(error)}`));
  }

  write(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(line, (error) => (error ? reject(error) : resolve()));
    });
  }

  async writeNow(line: string): Promise<void> {
    if (this.#path !== undefined) appendFileSync(this.#path, line);
    else if (!writeHolding(this.#stream, line)) await this.write(line);
  }

  close(): Promise<void> {
    if (this.#path === undefined || this.#stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#stream.end(() => resolve()));
  }
}
