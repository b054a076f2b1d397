import type { Attributes } from "@opentelemetry/api";

/** What a queue may be given as its connection: options of ioredis, or a client, which has them. */
interface Connection {
  readonly options?: Connection;
  readonly isCluster?: boolean;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
  readonly url?: unknown;
}

/** BullMQ's own, where nothing else is said. */
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 6_379;

/** Undefined where there is not one server, as with a cluster. */
export function redisServerOf(connection: Connection | undefined): Attributes | undefined {
  if (connection === undefined || connection === null || connection.isCluster === true) return undefined;
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, path, url } = connection.options ?? connection;
  if (typeof path === "string") return { "server.address": path };
  if (typeof url === "string") return ofUrl(url);
  if (typeof host !== "string") return undefined;
  return { "server.address": host, "server.port": Number(port) };
}

function ofUrl(url: string): Attributes | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  return { "server.address": hostname, "server.port": port === "" ? DEFAULT_PORT : Number(port) };
}
