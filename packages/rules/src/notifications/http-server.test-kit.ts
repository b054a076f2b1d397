/** A server that keeps what is posted to it. */
import { subscribe } from "node:diagnostics_channel";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface PostServer {
  readonly url: string;
  readonly posted: Posted[];
  /** What it answers from now on. */
  answer: { status: number; text: string; contentType?: string };
  /** Resolves when so many requests have come. */
  received(count: number): Promise<readonly Posted[]>;
  close(): Promise<void>;
}

export async function postServer(): Promise<PostServer> {
  const posted: Posted[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      posted.push({
        path: request.url ?? "",
        headers: request.headers,
        body: JSON.parse(Buffer.concat(chunks).toString()),
      });
      const { status, text, contentType = "text/plain" } = kept.answer;
      response.writeHead(status, { "content-type": contentType }).end(text);
      for (const { count, resolve } of waiting) if (posted.length >= count) resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const kept: PostServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posted,
    answer: { status: 200, text: "ok" },
    async received(count) {
      if (posted.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }));
      return posted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return kept;
}

let inFlight = 0;
subscribe("undici:request:create", () => void inFlight++);
subscribe("undici:request:trailers", () => void inFlight--);
subscribe("undici:request:error", () => void inFlight--);

/** Resolves when every request of this process's `fetch` was answered, and who waited for it has gone on. */
export async function requestsAnswered(): Promise<void> {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (let quiet = 0; quiet < 10; quiet = inFlight > 0 ? 0 : quiet + 1) await turn();
}
