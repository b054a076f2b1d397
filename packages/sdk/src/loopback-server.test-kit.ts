/** HTTP servers for tests, on loopback, that answer as a table or a function says. */
import * as http from "node:http";
import type { AddressInfo } from "node:net";

export interface LoopbackAnswer {
  readonly status?: number;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
}

export interface LoopbackServer {
  readonly url: string;
  /** Method and path of each request so far. */
  readonly asked: string[];
  close(): void;
}

/** `answer` may give `undefined`: then there is no answer at all. */
export async function startLoopbackServer(
  answer: (request: http.IncomingMessage, body: string) => LoopbackAnswer | undefined,
): Promise<LoopbackServer> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
      const answered = answer(request, Buffer.concat(chunks).toString("utf8"));
      if (answered !== undefined) response.writeHead(answered.status ?? 200, answered.headers).end(answered.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}
