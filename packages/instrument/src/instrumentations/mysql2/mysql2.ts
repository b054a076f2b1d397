/** MySQL and MariaDB by `mysql2`: a span for each query, from connections, pools and their promise forms alike. */
import { errorMonitor, type EventEmitter } from "node:events";
import type { Attributes } from "@opentelemetry/api";
import { type DatabaseCall, DatabaseCalls } from "../../database/database-call.ts";
import { summarizeSql } from "../../database/sql-summary.ts";
import { guarded } from "../../guarded.ts";
import type { Telemetry } from "../../instrumentation.ts";

type Callback = (...args: never[]) => unknown;

interface Connection {
  readonly config?: {
    readonly host?: string;
    readonly port?: number;
    readonly socketPath?: string;
    readonly database?: string;
  };
}

/** A query on its way. With a callback it tells that, without one its listeners. */
interface Command extends EventEmitter {
  onResult?: unknown;
}

type Run = (this: Connection, ...args: unknown[]) => Command;

let calls: DatabaseCalls;

export function start(telemetry: Telemetry): void {
  calls = new DatabaseCalls(telemetry);
}

/** Since version 3.11 the class lies in `lib/base`, before in `lib` itself; the later file inherits from the other. */
export function patch({ prototype }: { readonly prototype: Record<"query" | "execute", Run> }): void {
  for (const name of ["query", "execute"] as const) {
    if (!Object.hasOwn(prototype, name)) continue;
    const run = prototype[name];
    prototype[name] = function (...args) {
      const call = guarded("mysql2", () => begin(this, args[0]));
      if (call === undefined) return run.apply(this, args);
      const at = args.findIndex((arg) => typeof arg === "function");
      const given = at < 0 ? args : args.with(at, call.endingCallback(args[at] as Callback));
      const isTold = at >= 0 || guarded("mysql2", () => tellByCommand(call, args[0])) === true;
      const command = call.run(() => started(call, () => run.apply(this, given)));
      if (!isTold) guarded("mysql2", () => tellByListeners(call, command));
      return command;
    };
  }
}

function begin({ config = {} }: Connection, query: unknown): DatabaseCall | undefined {
  const text = typeof query === "string" ? query : (query as { readonly sql?: unknown } | null)?.sql;
  if (typeof text !== "string") return undefined;
  const { text: sanitized, summary } = summarizeSql(text, "mysql");
  const attributes: Attributes = {
    "db.system.name": "mysql",
    "db.query.text": sanitized,
    "db.query.summary": summary,
  };
  if (config.database !== undefined) attributes["db.namespace"] = config.database;
  if (config.socketPath !== undefined) attributes["server.address"] = config.socketPath;
  else if (config.host !== undefined) {
    attributes["server.address"] = config.host;
    attributes["server.port"] = config.port;
  }
  return calls.begin(summary === "" ? "mysql" : summary, attributes);
}

/** A pool makes the command, with its caller's callback, before it has a connection. */
function tellByCommand(call: DatabaseCall, query: unknown): boolean {
  const command = query as { onResult?: unknown };
  if (typeof query !== "object" || typeof command.onResult !== "function") return false;
  command.onResult = call.endingCallback(command.onResult as Callback);
  return true;
}

function tellByListeners(call: DatabaseCall, command: Command): void {
  command.once(errorMonitor, (error: unknown) => guarded("mysql2", () => call.fail(error)));
  command.once("end", () => guarded("mysql2", () => call.end()));
}

/** Wrong parameters are told by throwing. */
function started(call: DatabaseCall, run: () => Command): Command {
  try {
    return run();
  } catch (thrown) {
    call.fail(thrown);
    throw thrown;
  }
}
