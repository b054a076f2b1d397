/** Hono on Node: the route that matched, and what handlers threw. */
import { guarded } from "../../guarded.ts";
import { currentServerRequest, type ServerRequest } from "../../http/server-request.ts";
import type { LoadedFile } from "../../instrumentation.ts";

/** What a router answers: handlers with their routes and parameters, in the order in which they run. */
type Match = readonly [
  readonly (readonly [readonly [unknown, { readonly method?: string; readonly path?: string }], ...unknown[]])[],
  ...unknown[],
];
type MatchFunction = (this: unknown, ...args: unknown[]) => Match;

/** `context.error` is what a handler threw, where an `onError` has answered it. */
type Handler = (this: unknown, context: { readonly error?: unknown } | undefined, ...rest: unknown[]) => unknown;
type AddFunction = (this: unknown, method: string, path: string, handler: unknown) => void;

interface Router {
  add: AddFunction;
  match: MatchFunction;
}

export function patch(exports: never, { path }: LoadedFile): void {
  const routers = exports as Readonly<Record<string, { readonly prototype: Router }>>;
  const { prototype } = (path.includes("smart-router") ? routers["SmartRouter"] : routers["PatternRouter"]) ?? {};
  if (prototype === undefined) throw new Error(`${path} has no router`);
  patchAdd(prototype);
  patchMatch(prototype);
}

/** Routers are given pairs of a handler and its route. */
function patchAdd(router: Router): void {
  const { add } = router;
  router.add = function (method, path, pair) {
    const [handler, ...route] = Array.isArray(pair) ? (pair as unknown[]) : [];
    const isPair = typeof handler === "function" && route.length === 1;
    return add.call(this, method, path, isPair ? [recordingErrors(handler as Handler), ...route] : pair);
  };
}

function recordingErrors(handler: Handler): Handler {
  return function (context, ...rest) {
    const request = currentServerRequest();
    if (request === undefined) return handler.call(this, context, ...rest);
    const failed = (thrown: unknown): never => {
      record(request, thrown);
      throw thrown;
    };
    try {
      const result = handler.call(this, context, ...rest);
      if (!(result instanceof Promise)) return result;
      return result.then((answer: unknown) => {
        record(request, context?.error);
        return answer;
      }, failed);
    } catch (thrown) {
      return failed(thrown);
    }
  };
}

function record(request: ServerRequest, thrown: unknown): void {
  guarded("hono", () => request.recordError(thrown));
}

function patchMatch(router: Router): void {
  const { match } = router;
  router.match = function (...args) {
    const matched = match.apply(this, args);
    guarded("hono", () => tellRoute(matched));
    // When it has matched once, a SmartRouter puts the `match` of the router that it chose in its place.
    const own = Object.getOwnPropertyDescriptor(this, "match")?.value as MatchFunction | undefined;
    if (own !== undefined && !isTelling.has(own)) (this as Router).match = telling(own);
    return matched;
  };
}

const isTelling = new WeakSet<MatchFunction>();

function telling(match: MatchFunction): MatchFunction {
  const told: MatchFunction = function (...args) {
    const matched = match.apply(this, args);
    guarded("hono", () => tellRoute(matched));
    return matched;
  };
  isTelling.add(told);
  return told;
}

/** Of those that match, the last that is no middleware answers. Middleware is what `use` adds, for paths that go on. */
function tellRoute([handlers]: Match): void {
  const serverRequest = currentServerRequest();
  if (serverRequest === undefined) return;
  for (let i = handlers.length - 1; i >= 0; i--) {
    const { method, path } = handlers[i]?.[0][1] ?? {};
    if (path === undefined || (method === "ALL" && path.endsWith("*"))) continue;
    serverRequest.route = path;
    return;
  }
}
