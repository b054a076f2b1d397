/**
 * Servers of node:http and node:https, from what Node publishes on `http.server.request.start`.
 * One span a request; handlers run in its context; frameworks fill in the route.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { context } from "@opentelemetry/api";
import { guarded } from "../../guarded.ts";
import { ServerCalls } from "../../http/server-calls.ts";
import type { ServerRequest } from "../../http/server-request.ts";
import type { InstrumentationModule, Telemetry } from "../../instrumentation.ts";

interface RequestStart {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

/** The events with which a server hands a request to the application. */
const HANDING_OVER: ReadonlySet<unknown> = new Set(["request", "checkContinue", "checkExpectation"]);

let calls: ServerCalls;
const patchedPrototypes = new Set<object>();
/** The request that Node announced last: it hands it over in the same turn, right after. */
let announced: { readonly message: IncomingMessage; readonly request: ServerRequest } | undefined;

export function start(telemetry: Telemetry): void {
  calls = new ServerCalls(telemetry);
}

export const receive: NonNullable<InstrumentationModule["receive"]> = { "http.server.request.start": onRequestStart };

function onRequestStart({ request: message, response, server }: RequestStart): void {
  const { socket, headers } = message;
  const request = calls.begin({
    method: message.method ?? "GET",
    url: message.url ?? "/",
    scheme: (socket as { readonly encrypted?: boolean }).encrypted === true ? "https" : "http",
    host: headers.host,
    headers,
    protocolVersion: message.httpVersion,
    socket,
  });
  if (request === undefined) return;
  response.on("close", () => onClose(request, response));
  announced = { message, request };
  patchEmit(server);
}

function onClose(request: ServerRequest, response: ServerResponse): void {
  guarded("http-server", () => calls.end(request, response.headersSent ? response.statusCode : undefined, response));
}

/** `emit` is where the application gets the request, and so where its context has to begin. */
function patchEmit(server: Server): void {
  const prototype = Object.getPrototypeOf(server) as Server;
  if (patchedPrototypes.has(prototype)) return;
  patchedPrototypes.add(prototype);
  const emit = Reflect.get(prototype, "emit") as (...args: unknown[]) => boolean;
  const patched = function (this: Server, ...args: unknown[]): boolean {
    const next = announced;
    if (next === undefined || next.message !== args[1] || !HANDING_OVER.has(args[0])) {
      return Reflect.apply(emit, this, args);
    }
    announced = undefined;
    return context.with(next.request, () => Reflect.apply(emit, this, args));
  };
  Object.defineProperty(prototype, "emit", { value: patched, configurable: true, writable: true, enumerable: false });
}
