/** PostgreSQL by `pg`: a span for each query, the pool's waiting callers in their own context. */
import { type Attributes, context } from "@opentelemetry/api";
import { type DatabaseCall, DatabaseCalls } from "../../database/database-call.ts";
import { summarizeSql } from "../../database/sql-summary.ts";
import { guarded } from "../../guarded.ts";
import type { LoadedFile, Telemetry } from "../../instrumentation.ts";

type Callback = (...args: never[]) => unknown;

interface Client {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
}

/** What `query` is given: a text, a configuration, or an object that runs itself, such as a cursor. */
interface Query {
  readonly text?: unknown;
  readonly name?: unknown;
  readonly values?: unknown;
  readonly submit?: unknown;
  callback?: unknown;
}

type QueryFunction = (this: Client, ...args: unknown[]) => unknown;

let calls: DatabaseCalls;

export function start(telemetry: Telemetry): void {
  calls = new DatabaseCalls(telemetry);
}

export function patch(exports: never, { package: name }: LoadedFile): void {
  if (name === "pg") patchClient(exports);
  else patchPool(exports);
}

function patchClient({ prototype }: { readonly prototype: { query: QueryFunction } }): void {
  const { query } = prototype;
  prototype.query = function (this: Client, ...args: unknown[]): unknown {
    const [first] = args;
    const config: Query | null | undefined = typeof first === "object" ? first : undefined;
    const text = typeof first === "string" ? first : config?.text;
    // A cursor or stream submits itself and is read as it goes: it has no end that could be told.
    if (typeof text !== "string" || typeof config?.submit === "function") return Reflect.apply(query, this, args);
    const call = guarded("pg", () => beginQuery(this, text, config));
    if (call === undefined) return Reflect.apply(query, this, args);
    return call.run(() => runQuery(call, () => Reflect.apply(query, this, withEndingCallback(call, args, config))));
  };
}

function beginQuery(client: Client, text: string, config: Query | null | undefined): DatabaseCall {
  const { text: sanitized, summary } = summarizeSql(text);
  const attributes: Attributes = {
    "db.system.name": "postgresql",
    "db.query.text": sanitized,
    "db.query.summary": summary,
  };
  const { host, port, database } = client;
  if (database !== undefined) attributes["db.namespace"] = database;
  if (host !== undefined) attributes["server.address"] = host;
  // A path is a Unix socket, which has no port.
  if (port !== undefined && host?.startsWith("/") !== true) attributes["server.port"] = port;
  if (typeof config?.name === "string") attributes["db.operation.name"] = "EXECUTE";
  return calls.begin(summary === "" ? "postgresql" : summary, attributes);
}

/** The arguments, with the callback that the library will call, wherever it is, replaced. */
function withEndingCallback(call: DatabaseCall, args: unknown[], config: Query | null | undefined): unknown[] {
  const at = args.findIndex((arg, index) => index > 0 && typeof arg === "function");
  if (at > 0) return args.with(at, call.endingCallback(args[at] as Callback));
  if (typeof config?.callback !== "function") return args;
  return args.with(0, { ...config, callback: call.endingCallback(config.callback as Callback) });
}

function runQuery(call: DatabaseCall, run: () => unknown): unknown {
  try {
    const result = run();
    return isPromise(result) ? call.endWith(result) : result;
  } catch (thrown) {
    call.fail(thrown);
    throw thrown;
  }
}

/** A caller that waits for a client is called when another gives one back: in that one's context, were it not bound. */
function patchPool({ prototype }: { readonly prototype: { connect: (callback?: Callback) => unknown } }): void {
  const { connect } = prototype;
  prototype.connect = function (callback) {
    return Reflect.apply(connect, this, [
      typeof callback === "function" ? context.bind(context.active(), callback) : callback,
    ]);
  };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | undefined)?.then === "function";
}
