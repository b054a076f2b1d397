/** node:http2, servers and clients: one span a stream. gRPC that an official package instruments is left to that. */
import { guarded } from "../../guarded.ts";
import { errorMonitor } from "node:events";
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  Http2Server,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  ServerHttp2Stream,
} from "node:http2";
import { syncBuiltinESMExports } from "node:module";
import { context } from "@opentelemetry/api";
import { splitAuthority } from "../../http/authority.ts";
import { type ClientCall, ClientCalls } from "../../http/client-calls.ts";
import { ServerCalls } from "../../http/server-calls.ts";
import type { Telemetry } from "../../instrumentation.ts";

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

const VERSION = "2";
const OFFICIAL_GRPC = "@opentelemetry/instrumentation-grpc";

let serverCalls: ServerCalls;
let clientCalls: ClientCalls<OutgoingHttpHeaders>;
let isLeftToOthers: (headers: IncomingHttpHeaders | OutgoingHttpHeaders) => boolean;
const patchedPrototypes = new Set<object>();

/** The classes are not exported: each is patched when the first of its kind is made. */
export function start(telemetry: Telemetry): void {
  const hasOfficialGrpc = telemetry.hasOfficial(OFFICIAL_GRPC);
  isLeftToOthers = (headers) => hasOfficialGrpc && String(headers["content-type"]).startsWith("application/grpc");
  serverCalls = new ServerCalls(telemetry);
  clientCalls = new ClientCalls(telemetry, {
    set: (headers, key, value) => {
      headers[key] = value;
    },
  });
  afterMaking("createServer", patchServer);
  afterMaking("createSecureServer", patchServer);
  afterMaking("connect", patchSession);
  syncBuiltinESMExports();
}

function afterMaking(name: "createServer" | "createSecureServer" | "connect", patch: (made: never) => void): void {
  const http2 = process.getBuiltinModule("node:http2");
  const make = http2[name] as AnyFunction;
  const making: AnyFunction = function (...args) {
    const made = make.apply(this, args);
    patch(made as never);
    return made;
  };
  Object.defineProperty(making, "name", { value: name });
  Object.assign(http2, { [name]: making });
}

/** The compatible API makes its requests of the streams that are emitted here. */
function patchServer(server: Http2Server): void {
  patchMethod(
    server,
    "emit",
    (emit) =>
      function (...args) {
        const [event, stream, headers] = args;
        if (event !== "stream") return emit.apply(this, args);
        return serveStream(stream as ServerHttp2Stream, headers as IncomingHttpHeaders, () => emit.apply(this, args));
      },
  );
}

function serveStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, serve: () => unknown): unknown {
  if (isLeftToOthers(headers)) return serve();
  const request = guarded("http2", () =>
    serverCalls.begin({
      method: headers[":method"] ?? "GET",
      url: headers[":path"] ?? "/",
      scheme: headers[":scheme"] ?? "http",
      host: headers[":authority"] ?? headers.host,
      headers,
      protocolVersion: VERSION,
      socket: stream.session?.socket,
    }),
  );
  if (request === undefined) return serve();
  stream.once("close", () =>
    guarded("http2", () => {
      const sent = stream.sentHeaders as OutgoingHttpHeaders | undefined;
      const status = sent?.[":status"];
      serverCalls.end(request, status === undefined ? undefined : Number(status), {
        getHeader: (name) => sent?.[name],
      });
    }),
  );
  return context.with(request, serve);
}

function patchSession(session: ClientHttp2Session): void {
  patchMethod(
    session,
    "request",
    (request) =>
      function (...args) {
        const [headers, ...rest] = args;
        // As a list, names and values in turn, they are left as they are.
        if (Array.isArray(headers)) return request.apply(this, args);
        if (isLeftToOthers((headers ?? {}) as OutgoingHttpHeaders)) return request.apply(this, args);
        const own = { ...(headers as OutgoingHttpHeaders | undefined) };
        const call = guarded("http2", () => beginStream(this as ClientHttp2Session, own));
        const stream = request.apply(this, [own, ...rest]) as ClientHttp2Stream;
        if (call !== undefined) guarded("http2", () => follow(call, stream));
        return stream;
      },
  );
}

function beginStream(session: ClientHttp2Session, headers: OutgoingHttpHeaders): ClientCall | undefined {
  const scheme = String(headers[":scheme"] ?? (session.encrypted === true ? "https" : "http"));
  const authority = headers[":authority"] ?? headers["host"] ?? authorityOf(session);
  const { address, port } = splitAuthority(String(authority));
  return clientCalls.begin({
    method: String(headers[":method"] ?? "GET"),
    url: `${scheme}://${String(authority)}${String(headers[":path"] ?? "/")}`,
    scheme,
    address,
    port: port ?? (scheme === "https" ? 443 : 80),
    carrier: headers,
    headerOf: (name) => headers[name],
  });
}

/** What the session would put into `:authority` itself. */
function authorityOf(session: ClientHttp2Session): string {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === "authority");
  return key === undefined ? "" : String(Reflect.get(session, key));
}

function follow(call: ClientCall, stream: ClientHttp2Stream): void {
  stream.prependListener("response", (answer) =>
    guarded("http2", () => {
      const socket = stream.session?.socket;
      call.connected(socket?.remoteAddress, socket?.remotePort);
      call.answered(Number(answer[":status"]), (name) => answer[name], VERSION);
    }),
  );
  stream.once(errorMonitor, (error: unknown) => guarded("http2", () => call.failed(error)));
  stream.once("close", () => guarded("http2", () => call.end()));
}

function patchMethod(object: object, name: string, patched: (original: AnyFunction) => AnyFunction): void {
  const prototype = Object.getPrototypeOf(object) as object;
  if (patchedPrototypes.has(prototype)) return;
  patchedPrototypes.add(prototype);
  const value = patched(Reflect.get(prototype, name) as AnyFunction);
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true, enumerable: false });
}
