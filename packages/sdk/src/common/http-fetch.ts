/**
 * Asks small questions over HTTP: metadata servers, sampling strategies. Not `fetch`, whose loading costs
 * more than all of this SDK.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { untraced } from "./suppress-tracing.ts";

const MAX_RESPONSE_BYTES = 4 * 1_024 * 1_024;

export interface HttpFetchOptions {
  /** How long the whole exchange may take. */
  readonly timeoutMs: number;
  readonly method?: "GET" | "PUT" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM of the certificate authority of an https server. */
  readonly ca?: Buffer;
}

export interface HttpFetched {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Resolves with what a server answers with a status of 200 to 299; rejects otherwise, and when the time is
 * up. Is not traced, and does not keep the process alive.
 */
export function httpFetch(url: string | URL, options: HttpFetchOptions): Promise<HttpFetched> {
  return untraced(() => fetchUntraced(new URL(url), options));
}

function fetchUntraced(
  url: URL,
  { timeoutMs, method = "GET", headers, body, ca }: HttpFetchOptions,
): Promise<HttpFetched> {
  const { request: send } = process.getBuiltinModule(url.protocol === "https:" ? "node:https" : "node:http");
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = send(url, { method, headers: { ...headers }, agent: false, signal, ...(ca && { ca }) });
    request.on("socket", (socket) => socket.unref());
    request.on("error", (error) => {
      reject(signal.aborted ? new Error(`${url.host}: no answer within ${timeoutMs} ms`) : error);
    });
    request.on("response", (response) => {
      readAnswer(response).then(resolve, reject);
    });
    request.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<HttpFetched> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_RESPONSE_BYTES) throw new Error(`the answer is larger than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw new Error(`HTTP ${status}`);
  return { headers: response.headers, body: Buffer.concat(chunks).toString("utf8") };
}
