/**
 * Requests that are made by node:http and node:https, from what Node publishes. Before Node 22.12
 * nothing tells of a request early enough to add headers, so there the four functions are wrapped.
 */
import { errorMonitor } from "node:events";
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { guarded } from "../../guarded.ts";
import { nodeTellsOfRequests } from "../../hooks/node-versions.ts";
import { splitAuthority } from "../../http/authority.ts";
import { type ClientCall, ClientCalls } from "../../http/client-calls.ts";
import type { InstrumentationModule, Telemetry } from "../../instrumentation.ts";

let calls: ClientCalls<ClientRequest>;
const callOf = new WeakMap<ClientRequest, ClientCall>();

export function start(telemetry: Telemetry): void {
  calls = new ClientCalls(telemetry, { set: (request, key, value) => void request.setHeader(key, value) });
  if (nodeTellsOfRequests(process.versions.node)) return;
  wrapFunctions(http);
  wrapFunctions(https);
  syncBuiltinESMExports();
}

export const receive: NonNullable<InstrumentationModule["receive"]> = {
  "http.client.request.created": ({ request }: { readonly request: ClientRequest }): void => onCreated(request),
  "http.client.response.finish": onResponse,
};

function wrapFunctions(module: { request: typeof http.request; get: typeof http.get }): void {
  const { request } = module;
  const wrapped = function (this: unknown, ...args: unknown[]): ClientRequest {
    const made = Reflect.apply(request, this, args) as ClientRequest;
    guarded("http-client", () => onCreated(made));
    return made;
  };
  Object.defineProperty(wrapped, "name", { value: "request" });
  // What Node's own `get` does: the headers must not be on their way before `onCreated` added its own.
  const get = function (this: unknown, ...args: unknown[]): ClientRequest {
    const made = Reflect.apply(wrapped, this, args);
    made.end();
    return made;
  };
  module.request = wrapped;
  module.get = get;
}

function onCreated(request: ClientRequest): void {
  const { method, protocol, path } = request;
  const authority = String(request.getHeader("host") ?? request.host);
  const { address, port } = splitAuthority(authority);
  const call = calls.begin({
    method,
    // A request to a proxy names the whole URL.
    url: /^https?:/i.test(path) ? path : `${protocol}//${authority}${path}`,
    scheme: protocol.slice(0, -1),
    address,
    port: port ?? (protocol === "https:" ? 443 : 80),
    carrier: request.headersSent ? undefined : request,
    headerOf: (name) => request.getHeader(name),
  });
  if (call === undefined) return;
  callOf.set(request, call);
  request.once(errorMonitor, (error: unknown) => guarded("http-client", () => call.failed(error)));
  request.once("close", () => guarded("http-client", () => call.end()));
}

function onResponse({
  request,
  response,
}: {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}): void {
  const call = callOf.get(request);
  if (call === undefined) return;
  call.connected(request.socket?.remoteAddress, request.socket?.remotePort);
  call.answered(response.statusCode ?? 0, (name) => response.headers[name], response.httpVersion);
}
