/**
 * MongoDB by `mongodb`: a span for each command that goes over a connection. The driver's own
 * monitoring would have to be switched on by the application, and tells of an error's text only;
 * a connection's `command` is awaited by its caller, so it runs in the caller's context.
 */
import type { Attributes } from "@opentelemetry/api";
import { type DatabaseCall, DatabaseCalls } from "../../database/database-call.ts";
import { guarded } from "../../guarded.ts";
import { splitAuthority } from "../../http/authority.ts";
import type { Telemetry } from "../../instrumentation.ts";
import { type Command, documentsOf, textOfCommand } from "./command-text.ts";

/** What the driver does on its own: greeting, signing in, leaving. */
const OWN_COMMANDS: ReadonlySet<string> = new Set([
  "hello",
  "isMaster",
  "ismaster",
  "saslStart",
  "saslContinue",
  "authenticate",
  "endSessions",
]);
const LISTS = ["documents", "updates", "deletes", "ops"] as const;

interface Connection {
  /** `localhost:27017`, or a path. */
  readonly address?: string;
}

interface Namespace {
  readonly db: string;
}

interface WriteError {
  readonly code?: unknown;
  readonly errmsg?: unknown;
}

/** An answer, as an object or as bytes that are read when they are asked for. */
interface Answer {
  readonly writeErrors?: unknown;
  readonly has?: (name: string) => boolean;
  readonly toObject?: () => { readonly writeErrors?: unknown };
}

type CommandMethod = (this: Connection, ns: Namespace, command: Command, ...others: unknown[]) => Promise<unknown>;

let calls: DatabaseCalls;

export function start(telemetry: Telemetry): void {
  calls = new DatabaseCalls(telemetry);
}

export function patch({
  Connection,
}: {
  readonly Connection: { readonly prototype: { command: CommandMethod } };
}): void {
  const { prototype } = Connection;
  const { command: run } = prototype;
  if (run.constructor.name !== "AsyncFunction") throw new Error("version 6.4 or later is supported");
  prototype.command = function (ns, command, ...others) {
    const [operation] = Object.keys(command);
    if (operation === undefined || OWN_COMMANDS.has(operation)) return run.call(this, ns, command, ...others);
    const call = guarded("mongodb", () => beginCommand(this, ns, command, operation));
    if (call === undefined) return run.call(this, ns, command, ...others);
    const answered = call
      .run(() => run.call(this, ns, command, ...others))
      .then((answer) => {
        guarded("mongodb", () => tellWriteError(call, answer));
        return answer;
      });
    return call.endWith(answered) as Promise<unknown>;
  };
}

function beginCommand(connection: Connection, ns: Namespace, command: Command, operation: string): DatabaseCall {
  const target = operation === "getMore" ? command["collection"] : command[operation];
  const attributes: Attributes = {
    "db.system.name": "mongodb",
    "db.namespace": ns.db,
    "db.operation.name": operation,
    "db.query.text": textOfCommand(command, operation),
  };
  const collection = typeof target === "string" ? target : undefined;
  if (collection !== undefined) attributes["db.collection.name"] = collection;
  const count = LISTS.map((list) => documentsOf(command[list]).length).find((length) => length > 0);
  if (count !== undefined && count > 1) attributes["db.operation.batch.size"] = count;
  addServer(attributes, connection.address);
  return calls.begin(`${operation} ${collection ?? ns.db}`, attributes);
}

function addServer(attributes: Attributes, authority: string | undefined): void {
  if (typeof authority !== "string") return;
  const { address, port } = splitAuthority(authority);
  attributes["server.address"] = address;
  if (port !== undefined) attributes["server.port"] = port;
}

/** A write that was refused is an answer to the connection; the driver throws it further on. */
function tellWriteError(call: DatabaseCall, answer: unknown): void {
  const { writeErrors, has, toObject } = (answer ?? {}) as Answer;
  const isRead = typeof has === "function" && typeof toObject === "function";
  const errors: unknown = isRead ? has.call(answer, "writeErrors") && toObject.call(answer).writeErrors : writeErrors;
  const [first] = (Array.isArray(errors) ? errors : []) as readonly WriteError[];
  if (first === undefined) return;
  const { code, errmsg } = first;
  const message = typeof errmsg === "string" ? errmsg : "";
  call.fail({ name: "MongoServerError", message }, typeof code === "number" ? String(code) : undefined);
}
