/** `fetch` and the package `undici`, from what they publish. */
import { type ClientCall, ClientCalls } from "../../http/client-calls.ts";
import type { HeaderOf } from "../../http/captured-headers.ts";
import type { InstrumentationModule, Telemetry } from "../../instrumentation.ts";

interface Request {
  readonly origin: string | URL;
  readonly path: string;
  readonly method: string;
  /** Names and values in turn; before undici 6, lines as they are sent. */
  readonly headers: readonly (string | string[])[] | string;
  addHeader(name: string, value: string): unknown;
}

interface Response {
  readonly statusCode: number;
  /** Names and values in turn. */
  readonly headers: readonly Buffer[];
}

interface SendHeaders {
  readonly request: Request;
  readonly socket: { readonly remoteAddress?: string; readonly remotePort?: number };
}

let calls: ClientCalls<Request>;
const callOf = new WeakMap<Request, ClientCall>();

export function start(telemetry: Telemetry): void {
  calls = new ClientCalls(telemetry, { set: (request, key, value) => void request.addHeader(key, value) });
}

export const receive: NonNullable<InstrumentationModule["receive"]> = {
  "undici:request:create": onCreate,
  "undici:client:sendHeaders": ({ request, socket }: SendHeaders): void =>
    callOf.get(request)?.connected(socket.remoteAddress, socket.remotePort),
  "undici:request:headers": ({ request, response }: { readonly request: Request; readonly response: Response }): void =>
    callOf.get(request)?.answered(response.statusCode, headersIn(response.headers.map(String))),
  "undici:request:trailers": ({ request }: { readonly request: Request }): void => end(request),
  "undici:request:error": ({ request, error }: { readonly request: Request; readonly error: unknown }): void => {
    callOf.get(request)?.failed(error);
    end(request);
  },
};

function onCreate({ request }: { readonly request: Request }): void {
  const { protocol, hostname, port, href } = new URL(request.path, request.origin);
  const call = calls.begin({
    method: request.method,
    url: href,
    scheme: protocol.slice(0, -1),
    address: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    carrier: request,
    headerOf: (name) => headersIn(request.headers)(name),
  });
  if (call !== undefined) callOf.set(request, call);
}

/** Both the end and an error may be told of one request. */
function end(request: Request): void {
  callOf.get(request)?.end();
  callOf.delete(request);
}

function headersIn(headers: Request["headers"]): HeaderOf {
  const pairs =
    typeof headers === "string" ? headers.split("\r\n").flatMap((line) => line.split(/: (.*)/, 2)) : headers;
  return (name) => {
    for (let i = 0; i + 1 < pairs.length; i += 2) if (String(pairs[i]).toLowerCase() === name) return pairs[i + 1];
    return undefined;
  };
}
