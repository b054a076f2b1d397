/** Proxies for tests: of HTTP, which forwards and tunnels, with TLS or without, and of SOCKS 5. */
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from "node:net";
import type { Duplex } from "node:stream";

export interface ProxyServer {
  readonly url: string;
  /** What it was asked for: `GET http://host/path`, `CONNECT host:port`. */
  readonly asked: string[];
  readonly headers: IncomingMessage["headers"][];
  /** What it answers a `CONNECT` with, instead of connecting. */
  refusal: string | undefined;
  close(): Promise<void>;
}

/** `tls`: its certificate and key. */
export async function proxyServer(tls?: { readonly cert: string; readonly key: string }): Promise<ProxyServer> {
  const asked: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const server: Server = tls === undefined ? createServer() : createTlsServer(tls);
  const tell = (request: IncomingMessage): void => {
    asked.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
  };
  server.on("request", (request: IncomingMessage, response) => {
    tell(request);
    const { method, headers: given } = request;
    const onward = httpRequest(request.url ?? "", { method, headers: given }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.writeHead(502).end());
    request.pipe(onward);
  });
  server.on("connect", (request: IncomingMessage, client: Duplex) => {
    tell(request);
    if (kept.refusal !== undefined) {
      client.end(`HTTP/1.1 ${kept.refusal}\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port), hostname.replace(/^\[|\]$/g, ""), () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      join(client, target);
    });
    target.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
  });
  const { port, close } = await listening(server);
  const kept: ProxyServer = {
    url: `${tls === undefined ? "http" : "https"}://localhost:${port}`,
    asked,
    headers,
    refusal: undefined,
    close,
  };
  return kept;
}

/** Takes one user with his password. */
export async function socksServer(
  user: string,
  password: string,
): Promise<Pick<ProxyServer, "url" | "asked" | "close">> {
  const asked: string[] = [];
  const server = createTcpServer((client) => void greet(client).catch(() => client.destroy()));
  const greet = async (client: Socket): Promise<void> => {
    await next(client);
    client.write(Buffer.of(5, 2));
    const login = await next(client);
    const userLength = login[1]!;
    const name = login.subarray(2, 2 + userLength).toString();
    const isKnown = name === user && login.subarray(3 + userLength).toString() === password;
    client.write(Buffer.of(1, isKnown ? 0 : 1));
    if (!isKnown) return client.destroySoon();
    const request = await next(client);
    const isName = request[3] === 3;
    const host = isName ? request.subarray(5, 5 + request[4]!).toString() : request.subarray(4, 8).join(".");
    const port = request.readUInt16BE(request.length - 2);
    asked.push(`${host}:${port}`);
    const target = connect(port, host, () => {
      client.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
      join(client, target);
    });
    target.on("error", () => client.destroy());
  };
  const { port, close } = await listening(server);
  return { url: `socks5://${user}:${password}@localhost:${port}`, asked, close };
}

function next(client: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.once("data", resolve);
    client.once("error", reject);
  });
}

function join(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one);
  one.on("error", () => other.destroy());
  other.on("error", () => one.destroy());
}

async function listening(server: TcpServer): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
