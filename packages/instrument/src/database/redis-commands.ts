/** What may be told of a command to Redis: its name and its key, never a value. */
import type { Attributes } from "@opentelemetry/api";

/** Their first argument is no key; a password, for some. */
const WITHOUT_KEY: ReadonlySet<string> = new Set([
  "ACL",
  "AUTH",
  "CLIENT",
  "CLUSTER",
  "COMMAND",
  "CONFIG",
  "ECHO",
  "EVAL",
  "EVALSHA",
  "FUNCTION",
  "HELLO",
  "PING",
  "SCRIPT",
]);
const MAX_KEY_LENGTH = 256;

export interface RedisServer {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** The number of the database. */
  readonly database?: number | undefined;
}

/** Attributes of a command; `db.query.text` is as `SET user:7 ?`. */
export function redisAttributes(name: string, args: readonly unknown[], server: RedisServer): Attributes {
  const operation = name.toUpperCase();
  const attributes: Attributes = {
    "db.system.name": "redis",
    "db.operation.name": operation,
    "db.query.text": [operation, ...args.map((arg, index) => argumentText(operation, arg, index))].join(" "),
  };
  if (server.database !== undefined) attributes["db.namespace"] = String(server.database);
  if (server.host !== undefined) attributes["server.address"] = server.host;
  if (server.port !== undefined) attributes["server.port"] = server.port;
  return attributes;
}

function argumentText(operation: string, arg: unknown, index: number): string {
  const isKey = index === 0 && typeof arg === "string" && !WITHOUT_KEY.has(operation);
  return isKey ? arg.slice(0, MAX_KEY_LENGTH) : "?";
}
