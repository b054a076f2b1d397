/** Requests whose answers are read while they come: a watch goes on for minutes. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { urlToHttpOptions } from "node:url";
import { createGunzip } from "node:zlib";
import type { Connections, Route } from "./connections.ts";

/** How often a silent connection is asked whether it is still there. */
const KEEP_ALIVE_MS = 30_000;

/** A header may be sent more than once. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>;

interface SendOptions {
  readonly method: string;
  readonly headers: RequestHeaders;
  /** Whose connections are taken. */
  readonly connections: Connections;
  /** The unix socket to connect to, instead of the URL's host. */
  readonly socketPath?: string | undefined;
  readonly body?: string | undefined;
  /** Ends the request, and its answer too. */
  readonly signal: AbortSignal;
}

/** The answer's head, whatever its status. */
export function send(url: string, { headers, connections, body, ...more }: SendOptions): Promise<IncomingMessage> {
  const route = more.socketPath === undefined ? connections.routeTo(new URL(url)) : localRoute(url);
  const all = { ...headers, ...route.headers } as Record<string, string | string[]>;
  const options = { ...route.options, ...more, headers: all };
  return new Promise((resolve, reject) => {
    const sending = route.isTls ? httpsRequest(options) : httpRequest(options);
    sending.on("socket", (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    sending.on("error", reject);
    sending.on("response", resolve);
    sending.end(body);
  });
}

/** A unix socket is on no way that a proxy could know. */
function localRoute(url: string): Route {
  const target = new URL(url);
  return { options: { ...urlToHttpOptions(target), agent: false }, isTls: target.protocol === "https:", headers: {} };
}

/** The pieces of the answer's body, unpacked. Leaving the loop ends the answer. */
export async function* piecesOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  const isGzip = response.headers["content-encoding"] === "gzip";
  const stream = isGzip ? response.pipe(createGunzip()) : response;
  if (isGzip) response.on("error", (error) => stream.destroy(error));
  try {
    yield* stream as AsyncIterable<Buffer>;
  } finally {
    response.destroy();
  }
}

export async function textOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let received = 0;
  for await (const piece of piecesOf(response)) {
    received += piece.length;
    if (received > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, received).toString();
}
