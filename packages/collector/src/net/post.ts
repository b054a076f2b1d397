import { request as httpRequest, type Agent, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";

/** More of an answer than this is not read. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** In pieces, none of which is copied. */
  readonly body: readonly Uint8Array[];
  readonly agent: Agent | undefined;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Posts `body`. Rejects where no answer came, and when `signal` aborts. */
export function post(message: Post): Promise<Answer> {
  return attempt(message).catch((error: unknown) => {
    // The server closed a connection that was kept, just as we took it up again: it has seen nothing.
    if (error instanceof StaleConnection && !message.signal.aborted) return attempt(message);
    throw error instanceof StaleConnection ? error.cause : error;
  });
}

class StaleConnection extends Error {}

function attempt({ url, headers, body, agent, signal }: Post): Promise<Answer> {
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const length = body.reduce((total, piece) => total + piece.length, 0);
    const sending = request(url, {
      method: "POST",
      headers: { ...headers, "content-length": length },
      agent,
      signal,
    });
    sending.on("error", (cause: NodeJS.ErrnoException) => {
      const isStale = sending.reusedSocket && (cause.code === "ECONNRESET" || cause.code === "EPIPE");
      reject(isStale ? new StaleConnection("the connection was closed", { cause }) : cause);
    });
    sending.on("response", (response) => {
      const chunks: Buffer[] = [];
      let received = 0;
      response.on("data", (chunk: Buffer) => {
        received += chunk.length;
        if (received <= MAX_ANSWER_BYTES) chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sending.cork();
    for (const piece of body) sending.write(piece);
    sending.end();
    process.nextTick(() => sending.uncork());
  });
}
