/** Koa, with @koa/router or koa-router: the route, and what middleware threw. */
import { currentServerRequest } from "../../http/server-request.ts";
import type { LoadedFile } from "../../instrumentation.ts";

interface KoaContext {
  /** The routers' own note of the path that matched, prefixes included. */
  readonly _matchedRoute?: string | RegExp;
}

interface ApplicationPrototype {
  handleRequest: (this: unknown, context: KoaContext, ...rest: unknown[]) => unknown;
}

interface ContextPrototype {
  onerror: (this: KoaContext, error: unknown) => unknown;
}

export function patch(exports: never, { path }: LoadedFile): void {
  if (path === "lib/context.js") patchContext(exports);
  else patchApplication((exports as { readonly prototype: ApplicationPrototype }).prototype);
}

/** A router notes the route when it has found it: that is after this, and before the request is over. */
function patchApplication(prototype: ApplicationPrototype): void {
  const { handleRequest } = prototype;
  prototype.handleRequest = function (context, ...rest) {
    const serverRequest = currentServerRequest();
    if (serverRequest !== undefined) {
      serverRequest.findRoute = () => {
        const { _matchedRoute: route } = context;
        return route?.toString();
      };
    }
    return handleRequest.call(this, context, ...rest);
  };
}

function patchContext(prototype: ContextPrototype): void {
  const { onerror } = prototype;
  const recording: ContextPrototype["onerror"] = function (error) {
    currentServerRequest()?.recordError(error);
    return onerror.call(this, error);
  };
  Object.assign(prototype, { onerror: recording });
}
