/** Redis by `redis` 5, which is `@redis/client`: a span for each command, one for each transaction or pipeline. */
import { DatabaseCalls } from "../../database/database-call.ts";
import { redisAttributes } from "../../database/redis-commands.ts";
import { guarded } from "../../guarded.ts";
import type { Telemetry } from "../../instrumentation.ts";

interface Client {
  readonly isReady?: boolean;
  readonly options?: {
    readonly database?: number;
    readonly socket?: { readonly host?: string; readonly port?: number };
    readonly url?: string;
  };
}

type Method = (this: Client, ...args: unknown[]) => Promise<unknown>;

/** Methods of the client's prototype, each with how it is told of as a command. */
const METHODS: Readonly<
  Record<string, (args: readonly unknown[]) => readonly [name: string, args: readonly unknown[]]>
> = {
  sendCommand: ([command]) => {
    const [name, ...rest] = command as readonly unknown[];
    return [String(name), rest];
  },
  _executeMulti: () => ["MULTI", []],
  _executePipeline: () => ["PIPELINE", []],
};

let calls: DatabaseCalls;

export function start(telemetry: Telemetry): void {
  calls = new DatabaseCalls(telemetry);
}

export function patch(exports: { readonly default: { readonly prototype: Record<string, Method> } }): void {
  const { prototype } = exports.default;
  for (const [name, commandOf] of Object.entries(METHODS)) {
    const method = prototype[name];
    if (method !== undefined) prototype[name] = traced(method, commandOf);
  }
}

function traced(method: Method, commandOf: (typeof METHODS)[string]): Method {
  return function (...args) {
    const call = guarded("redis", () => {
      const [name, rest] = commandOf(args);
      const { database = 0, socket } = this.options ?? {};
      const attributes = redisAttributes(name, rest, { host: socket?.host, port: socket?.port, database });
      return calls.begin(name.toUpperCase(), attributes);
    });
    if (call === undefined) return method.apply(this, args);
    return call.endWith(call.run(() => method.apply(this, args))) as Promise<unknown>;
  };
}
