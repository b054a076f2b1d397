/**
 * Express 4, and the package `router`, which Express 5 is built on: the route that matched, and what
 * handlers threw. Middleware has spans only where `OTEL_NODE_EXPRESS_MIDDLEWARE_SPANS` asks for them.
 */
import { context, type Span, trace, type Tracer } from "@opentelemetry/api";
import { guarded } from "../../guarded.ts";
import { currentServerRequest, type ServerRequest } from "../../http/server-request.ts";
import type { LoadedFile, Telemetry } from "../../instrumentation.ts";
import { readBoolean } from "../../settings.ts";

type Next = (error?: unknown) => void;
type Handler = (this: unknown, request: Request, response: unknown, next: Next) => unknown;

interface Request {
  readonly baseUrl?: string;
}

interface Layer {
  handle: Handler;
  readonly route?: unknown;
  readonly name?: string;
}

interface Route {
  readonly path?: unknown;
}

interface Router {
  readonly stack: Layer[];
}

interface RoutePrototype {
  dispatch: (this: Route, request: Request, response: unknown, done: Next) => unknown;
}

interface RouterPrototype {
  use: (this: Router, ...args: unknown[]) => unknown;
}

type ErrorHandling = (this: Layer, error: unknown, ...rest: unknown[]) => unknown;
type RequestHandling = (this: Layer, request: Request, response: unknown, next: Next) => unknown;

interface LayerPrototype {
  handle_error?: ErrorHandling;
  handleError?: ErrorHandling;
  handle_request?: RequestHandling;
  handleRequest?: RequestHandling;
}

let tracer: Tracer;
let hasMiddlewareSpans = false;
// request --> its `baseUrl` in some router --> the pattern which that matched
const mounts = new WeakMap<ServerRequest, Map<string, string>>();

export function start(telemetry: Telemetry): void {
  tracer = telemetry.tracer;
  hasMiddlewareSpans = readBoolean(telemetry.env, "OTEL_NODE_EXPRESS_MIDDLEWARE_SPANS", false);
}

export function patch(exports: never, { path }: LoadedFile): void {
  if (path.endsWith("route.js")) patchRoute((exports as { readonly prototype: RoutePrototype }).prototype);
  else if (path.endsWith("layer.js")) patchLayer((exports as { readonly prototype: LayerPrototype }).prototype);
  else patchRouter(routerPrototype(exports));
}

/** In Express 4 a router is a function whose prototype is what the file exports. */
function routerPrototype(exports: RouterPrototype & { readonly prototype?: RouterPrototype }): RouterPrototype {
  return Object.hasOwn(exports, "use") ? exports : (exports.prototype ?? exports);
}

/** A route is dispatched when its path matched; where several do, the last one answers. */
function patchRoute(prototype: RoutePrototype): void {
  const { dispatch } = prototype;
  prototype.dispatch = function (request, response, done) {
    const serverRequest = currentServerRequest();
    if (serverRequest === undefined) return dispatch.call(this, request, response, done);
    guarded("express", () => {
      serverRequest.route = routeOf(serverRequest, request, this.path);
    });
    return dispatch.call(this, request, response, (error) => {
      if (error !== "route" && error !== "router") serverRequest.recordError(error);
      done(error);
    });
  };
}

function routeOf(serverRequest: ServerRequest, { baseUrl = "" }: Request, path: unknown): string {
  const prefix = mounts.get(serverRequest)?.get(baseUrl) ?? baseUrl;
  const own = Array.isArray(path) ? path.map(String).join(",") : String(path);
  return prefix !== "" && own === "/" ? prefix : `${prefix}${own}`;
}

/**
 * A router below a path with parameters: `request.baseUrl` holds their values, so the pattern is
 * remembered on the way in. Routers below plain paths, which are almost all, are left as they are.
 */
function patchRouter(prototype: RouterPrototype): void {
  const { use } = prototype;
  prototype.use = function (...args) {
    const before = this.stack.length;
    const result = use.apply(this, args);
    const pattern = patternOf(args[0]);
    if (pattern !== undefined) {
      for (const layer of this.stack.slice(before)) if (layer.handle.length < 4) rememberMount(layer, pattern);
    }
    return result;
  };
}

/** A path that matches more than one URL, as text. */
function patternOf(path: unknown): string | undefined {
  if (Array.isArray(path))
    return path.some((one) => typeof one === "function") ? undefined : path.map(String).join(",");
  if (path instanceof RegExp) return String(path);
  return typeof path === "string" && /[:*({]/.test(path) ? path : undefined;
}

function rememberMount(layer: Layer, pattern: string): void {
  const { handle } = layer;
  layer.handle = function (request, response, next) {
    const serverRequest = currentServerRequest();
    if (serverRequest !== undefined) guarded("express", () => remember(serverRequest, request.baseUrl ?? "", pattern));
    return handle.call(this, request, response, next);
  };
}

/** The pattern matched the end of `baseUrl`; what comes before may have a pattern too. */
function remember(serverRequest: ServerRequest, baseUrl: string, pattern: string): void {
  let known = mounts.get(serverRequest);
  if (known === undefined) mounts.set(serverRequest, (known = new Map()));
  const above = urlAbove(baseUrl, pattern, known);
  known.set(baseUrl, `${known.get(above) ?? above}${pattern}`);
}

function urlAbove(baseUrl: string, pattern: string, known: ReadonlyMap<string, string>): string {
  // Parameters stand for one segment each.
  if (/^(?:\/[\w.:-]+)+$/.test(pattern))
    return baseUrl
      .split("/")
      .slice(0, 1 - pattern.split("/").length)
      .join("/");
  const candidates = [...known.keys()].filter((url) => url.length < baseUrl.length && baseUrl.startsWith(`${url}/`));
  return candidates.reduce((longest, url) => (url.length > longest.length ? url : longest), "");
}

/** Every layer after a failure is asked whether it handles it, so the first one tells of it. */
function patchLayer(prototype: LayerPrototype): void {
  const errorMethod = prototype.handle_error === undefined ? "handleError" : "handle_error";
  const handleError = prototype[errorMethod];
  if (handleError !== undefined) {
    prototype[errorMethod] = function (error, ...rest) {
      currentServerRequest()?.recordError(error);
      return handleError.call(this, error, ...rest);
    };
  }
  const requestMethod = prototype.handle_request === undefined ? "handleRequest" : "handle_request";
  const handleRequest = prototype[requestMethod];
  if (hasMiddlewareSpans && handleRequest !== undefined) {
    prototype[requestMethod] = function (request, response, next) {
      // The handlers of a route are layers too, which have a method, or say that any will do.
      const isMiddleware = this.route === undefined && !("method" in this) && this.handle.length <= 3;
      if (!isMiddleware) return handleRequest.call(this, request, response, next);
      return inMiddlewareSpan(this.name ?? "<anonymous>", (ending) =>
        handleRequest.call(this, request, response, ending(next)),
      );
    };
  }
}

/** The span ends when the middleware calls `next`, which runs in the context from before, or when the request is over. */
function inMiddlewareSpan(name: string, run: (ending: (next: Next) => Next) => unknown): unknown {
  const parent = context.active();
  const span: Span = tracer.startSpan(`middleware - ${name}`, { attributes: { "express.name": name } }, parent);
  const ending = (next: Next): Next => {
    return (error) => {
      if (error instanceof Error) span.recordException(error);
      span.end();
      context.with(parent, next, undefined, error);
    };
  };
  return context.with(trace.setSpan(parent, span), () => run(ending));
}
