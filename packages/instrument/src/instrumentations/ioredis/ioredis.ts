/** Redis by `ioredis`: a span for each command, also for those of pipelines and clusters. */
import { type DatabaseCall, DatabaseCalls } from "../../database/database-call.ts";
import { redisAttributes } from "../../database/redis-commands.ts";
import { guarded } from "../../guarded.ts";
import type { Telemetry } from "../../instrumentation.ts";

interface Command {
  readonly name: string;
  readonly args: readonly unknown[];
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

interface Redis {
  readonly status?: string;
  readonly options?: { readonly host?: string; readonly port?: number; readonly db?: number };
}

type SendCommand = (this: Redis, command: Command, ...rest: unknown[]) => unknown;

/** What the library itself sends while it connects. */
const OWN_COMMANDS: ReadonlySet<string> = new Set(["auth", "client", "hello", "info", "readonly", "select"]);

let calls: DatabaseCalls;

export function start(telemetry: Telemetry): void {
  calls = new DatabaseCalls(telemetry);
}

export function patch(exports: { readonly default?: { readonly prototype: { sendCommand: SendCommand } } }): void {
  const { prototype } = exports.default ?? (exports as { readonly prototype: { sendCommand: SendCommand } });
  const { sendCommand } = prototype;
  prototype.sendCommand = function (command, ...rest) {
    const call = guarded("ioredis", () => begin(this, command));
    return call === undefined
      ? sendCommand.call(this, command, ...rest)
      : call.run(() => sendCommand.call(this, command, ...rest));
  };
}

/** The command's own functions tell how it ended; its promise, which others may hold too, is left alone. */
function begin({ status, options = {} }: Redis, command: Command): DatabaseCall | undefined {
  const { name, args, resolve, reject } = command;
  if (typeof resolve !== "function" || typeof reject !== "function" || begun.has(command)) return undefined;
  if (status !== "ready" && OWN_COMMANDS.has(name)) return undefined;
  begun.add(command);
  const { host, port, db: database } = options;
  const call = calls.begin(name.toUpperCase(), redisAttributes(name, args, { host, port, database }));
  command.resolve = (result) => {
    guarded("ioredis", () => call.end());
    resolve(result);
  };
  command.reject = (error) => {
    guarded("ioredis", () => call.fail(error));
    reject(error);
  };
  return call;
}

/** A command that waits for the connection is sent twice. */
const begun = new WeakSet<Command>();
