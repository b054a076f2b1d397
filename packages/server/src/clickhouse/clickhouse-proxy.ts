/**
 * ClickHouse's HTTP interface for other people's clients: requests go on to the store's engine
 * as a user who may only read what is stored, or, where that was asked for, as its owner.
 */
import { request as httpRequest, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { pipeline } from "node:stream";
import { credentialHeaders, type EngineEndpoint } from "@clew/store";
import { isLoopbackHost, isToken, type AccessSettings } from "../access.ts";

export interface ClickHouseProxySettings {
  readonly endpoint: EngineEndpoint;
  readonly access: AccessSettings;
  readonly mayWrite: boolean;
}

/** Whatever a client says of who it is, is ours to say; and a browser's origin has been looked at. */
const NOT_PASSED_ON = new Set([
  "authorization",
  "x-clickhouse-user",
  "x-clickhouse-key",
  "host",
  "connection",
  "origin",
]);
const NOT_PASSED_BACK = new Set(["connection", "keep-alive", "transfer-encoding"]);
const CREDENTIALS = ["user", "password"];

/** Answers as ClickHouse does, refusals too: they have its codes in `X-ClickHouse-Exception-Code`. */
export function clickHouseProxy(settings: ClickHouseProxySettings): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://clickhouse");
    if (url.pathname !== "/ping" && !isAllowed(request, url, settings.access)) return refuse(response);
    forward(request, response, pathFor(url, request, settings), settings.endpoint);
  };
}

/**
 * On loopback nobody is asked who they are, but a web page must not speak to this machine in
 * its visitor's name; elsewhere the token is the password, whatever the user's name.
 */
function isAllowed(request: IncomingMessage, url: URL, { token, loopback }: AccessSettings): boolean {
  const { origin, host } = request.headers;
  if (loopback && !(isLoopbackHost(host ?? "localhost") && (origin === undefined || isLoopbackOrigin(origin))))
    return false;
  return token === undefined || isToken(passwordOf(request, url), token);
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopbackHost(new URL(origin).host);
}

function passwordOf({ headers }: IncomingMessage, url: URL): string | undefined {
  const [scheme = "", value = ""] = (headers.authorization ?? "").split(" ");
  if (/^bearer$/i.test(scheme)) return value;
  if (/^basic$/i.test(scheme))
    return Buffer.from(value, "base64")
      .toString()
      .replace(/^[^:]*:/, "");
  const key = headers["x-clickhouse-key"];
  return (Array.isArray(key) ? key[0] : key) ?? url.searchParams.get("password") ?? undefined;
}

function pathFor(url: URL, { headers }: IncomingMessage, { endpoint, mayWrite }: ClickHouseProxySettings): string {
  const { searchParams } = url;
  for (const name of CREDENTIALS) searchParams.delete(name);
  if (!searchParams.has("database") && headers["x-clickhouse-database"] === undefined)
    searchParams.set("database", endpoint.database);
  for (const [name, value] of Object.entries({ ...endpoint.settings, ...endpoint.querySettings }))
    if (!searchParams.has(name)) searchParams.set(name, value);
  // Set, so that it stands there once: of several the engine takes the last.
  if (!mayWrite) searchParams.set("readonly", searchParams.get("readonly") === "1" ? "1" : "2");
  return `${url.pathname}?${searchParams.toString()}`;
}

function forward(request: IncomingMessage, response: ServerResponse, path: string, endpoint: EngineEndpoint): void {
  const headers = Object.entries(request.headers).filter(([name]) => !NOT_PASSED_ON.has(name));
  const send = endpoint.url.startsWith("https:") ? httpsRequest : httpRequest;
  const upstream = send(new URL(path, endpoint.url), {
    method: request.method,
    headers: { ...Object.fromEntries(headers), ...credentialHeaders(endpoint) },
    ...(endpoint.agent === undefined ? {} : { agent: endpoint.agent }),
  });
  upstream.on("response", (answer) => {
    for (const [name, value] of Object.entries(answer.headers))
      if (value !== undefined && !NOT_PASSED_BACK.has(name)) response.setHeader(name, value);
    response.writeHead(answer.statusCode ?? 502);
    pipeline(answer, response, () => {});
  });
  upstream.on("error", () =>
    answerException(response, 503, 210, "the engine does not answer; try again. (NETWORK_ERROR)"),
  );
  response.on("close", () => upstream.destroy());
  pipeline(request, upstream, () => {});
}

function refuse(response: ServerResponse): void {
  answerException(
    response,
    401,
    516,
    "give the token that `clew up` printed as the password; a web page of another host is not answered. (AUTHENTICATION_FAILED)",
  );
}

function answerException(response: ServerResponse, status: number, code: number, text: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "X-ClickHouse-Exception-Code": String(code) });
  response.end(`Code: ${code}. DB::Exception: ${text}\n`);
}
