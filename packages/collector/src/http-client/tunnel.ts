/** Connections through a proxy, to a target that only the two ends understand: `CONNECT`, and SOCKS 5. */
import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { SocksClient } from "socks";
import { hostOf } from "./no-proxy.ts";

/** A proxy that takes longer is as good as gone. */
const CONNECT_TIMEOUT_MS = 30_000;
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "socks5:": 1080,
  "socks5h:": 1080,
};

export interface Tunnel {
  readonly proxy: URL;
  readonly host: string;
  readonly port: number;
  /** Headers for a proxy of HTTP. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Towards a proxy of HTTPS. */
  readonly tls: ConnectionOptions;
}

/** Rejects where the proxy is not there, or does not want to. */
export function openTunnel(tunnel: Tunnel): Promise<Socket> {
  return tunnel.proxy.protocol.startsWith("socks5") ? openSocks(tunnel) : openConnect(tunnel);
}

/** Where a proxy listens, for Node's requests. */
export function proxyAddress(proxy: URL, tls: ConnectionOptions): RequestOptions & ConnectionOptions {
  const host = hostOf(proxy);
  const address = { host, port: portOf(proxy) };
  if (proxy.protocol !== "https:") return address;
  const { servername: _ofTarget, ...rest } = tls;
  return { ...rest, ...address };
}

/** Who we are to the proxy, where its URL says it. */
export function proxyAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "" && password === "") return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}

function openConnect({ proxy, host, port, headers, tls }: Tunnel): Promise<Socket> {
  const path = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const lines = Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [...values]]));
  const options = {
    ...proxyAddress(proxy, tls),
    method: "CONNECT",
    path,
    headers: { host: path, ...lines, ...proxyAuthorization(proxy) },
    agent: false,
    timeout: CONNECT_TIMEOUT_MS,
  } as const;
  return new Promise((resolve, reject) => {
    const asking = proxy.protocol === "https:" ? httpsRequest(options) : httpRequest(options);
    asking.on("connect", ({ statusCode, statusMessage }, socket: Socket, head: Buffer) => {
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy does not connect: ${statusCode} ${statusMessage}`));
    });
    asking.on("timeout", () => asking.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)));
    asking.on("error", (error) => reject(new Error(`proxyconnect tcp: ${error.message}`, { cause: error })));
    asking.end();
  });
}

async function openSocks({ proxy, host, port }: Tunnel): Promise<Socket> {
  const { username, password } = proxy;
  const { socket } = await SocksClient.createConnection({
    command: "connect",
    destination: { host, port },
    proxy: {
      host: hostOf(proxy),
      port: portOf(proxy),
      type: 5,
      ...(username === "" ? {} : { userId: decodeURIComponent(username), password: decodeURIComponent(password) }),
    },
    timeout: CONNECT_TIMEOUT_MS,
  });
  return socket;
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (DEFAULT_PORTS[protocol] ?? 80) : Number(port);
}
