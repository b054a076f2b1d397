/** `clew export`: what a running program has stored, as a file. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { ClewError, messageOf, systemClock } from "@clew/base";
import type { Signal } from "@clew/otlp";
import type { Terminal } from "../terminal.ts";
import { exportOptions, type ExportOptions } from "./export-options.ts";

const [OK, UNAUTHORIZED] = [200, 401];

/** Rejects with `CLEW_NOT_REACHED`, `EXPORT_INCOMPLETE`, `FILE_UNWRITABLE` and `USAGE`. */
export async function runExport(args: readonly string[], terminal: Terminal): Promise<void> {
  const options = exportOptions(args, terminal.env, systemClock.nowMs());
  const { file } = options;
  const pieces = countedPieces(options, terminal);
  if (file === "-") return toStandardOutput(pieces, terminal);
  // A file with the name that was asked for is whole.
  const partial = `${file}.partial`;
  const zip = file.endsWith(".gz") ? [createGzip()] : [];
  try {
    await pipeline([Readable.from(pieces.read()), ...zip, createWriteStream(partial)]);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error instanceof ClewError ? error : unwritable(file, error);
  }
  terminal.out(`Exported ${pieces.bytes} bytes to ${file}.\n`);
}

async function toStandardOutput(pieces: CountedPieces, { stdout }: Terminal): Promise<void> {
  try {
    await pipeline(pieces.read(), stdout, { end: false });
  } catch (error) {
    // Who read it has seen enough.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

interface CountedPieces {
  /** Before they are compressed. */
  readonly bytes: number;
  read(): AsyncGenerator<Buffer>;
}

function countedPieces(options: ExportOptions, terminal: Terminal): CountedPieces {
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    async *read() {
      for (const signal of options.signals)
        for await (const piece of piecesOf(signal, options, terminal)) {
          bytes += piece.length;
          yield piece;
        }
    },
  };
}

async function* piecesOf(signal: Signal, options: ExportOptions, terminal: Terminal): AsyncGenerator<Buffer> {
  const { stop } = terminal;
  const response = await ask(signal, options, stop);
  const { warning } = response.headers;
  if (warning !== undefined) terminal.error(`${signal}: ${/"(.*)"/.exec(warning)?.[1] ?? warning}\n`);
  try {
    for await (const piece of response) yield piece as Buffer;
  } catch (error) {
    throw incomplete(stop.aborted ? "it was stopped" : messageOf(error), options.url);
  }
}

function incomplete(what: string, url: string): ClewError {
  return new ClewError("EXPORT_INCOMPLETE", what, { path: url, remedy: "see the log of clew up, and try again" });
}

async function ask(signal: Signal, options: ExportOptions, stop: AbortSignal): Promise<IncomingMessage> {
  const { url, token, format, fromMs, toMs, traceIds } = options;
  const address = new URL("/api/clew/v1/export", url);
  address.searchParams.set("signal", signal);
  address.searchParams.set("format", format);
  if (fromMs !== undefined) address.searchParams.set("start", String(fromMs));
  if (toMs !== undefined) address.searchParams.set("end", String(toMs));
  for (const id of traceIds) address.searchParams.append("traceId", id);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  // Not fetch, which gives up after five minutes.
  const request = (address.protocol === "https:" ? httpsRequest : httpRequest)(address, { headers, signal: stop });
  try {
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    // An older program would answer with the page of its UI.
    const isPage = response.headers["content-type"]?.startsWith("text/html") === true;
    if (response.statusCode === OK && !isPage) return response;
    throw await refusal(response, url);
  } catch (error) {
    if (error instanceof ClewError) throw error;
    if (stop.aborted) throw incomplete("it was stopped", url);
    throw new ClewError("CLEW_NOT_REACHED", messageOf(error), {
      path: url,
      remedy: "start clew up, or name another with --url",
    });
  }
}

async function refusal(response: IncomingMessage, url: string): Promise<ClewError> {
  const body = await text(response);
  if (response.statusCode === UNAUTHORIZED)
    return new ClewError("CLEW_NOT_REACHED", "a token is wanted", {
      path: url,
      remedy: "give it with --token or CLEW_TOKEN",
    });
  try {
    const { error } = JSON.parse(body) as { error: { code: string; message: string; path?: string; remedy?: string } };
    const { code, message, path, remedy } = error;
    return new ClewError(code, message, { path, remedy: remedy ?? "see the log of clew up" });
  } catch {
    return new ClewError("CLEW_NOT_REACHED", `status ${response.statusCode}: ${body.slice(0, 100)}`, {
      path: url,
      remedy: "name a clew up with --url",
    });
  }
}

function unwritable(file: string, error: unknown): ClewError {
  return new ClewError("FILE_UNWRITABLE", messageOf(error), {
    path: file,
    remedy: "check that its directory exists, its permissions and its room",
    cause: error,
  });
}
