/** Fastify, from what it publishes when an application is made: the route, and what handlers threw. */
import { currentServerRequest } from "../../http/server-request.ts";
import type { InstrumentationModule } from "../../instrumentation.ts";

interface Request {
  /** Fastify 4.10 and later. */
  readonly routeOptions?: { readonly url?: string | undefined };
  /** Before. */
  readonly routerPath?: string;
}

type Done = () => void;

interface Fastify {
  addHook(name: "onRequest", hook: (request: Request, reply: unknown, done: Done) => void): unknown;
  addHook(name: "onError", hook: (request: Request, reply: unknown, error: unknown, done: Done) => void): unknown;
}

export const receive: NonNullable<InstrumentationModule["receive"]> = {
  "fastify.initialization": ({ fastify }: { readonly fastify: Fastify }): void => {
    fastify.addHook("onRequest", onRequest);
    fastify.addHook("onError", onError);
  },
};

/** The first hook to run, so that the route is known whoever answers. */
function onRequest(request: Request, _reply: unknown, done: Done): void {
  const serverRequest = currentServerRequest();
  if (serverRequest !== undefined) {
    serverRequest.route = request.routeOptions === undefined ? request.routerPath : request.routeOptions.url;
  }
  done();
}

function onError(_request: Request, _reply: unknown, error: unknown, done: Done): void {
  currentServerRequest()?.recordError(error);
  done();
}
