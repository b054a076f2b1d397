/** What stands before a page that is configured like a receiver's server: who may see it, and from which web pages. */
import type { Settings } from "../component.ts";
import { serverAuthenticatorOf, type Headers } from "../extension.ts";
import { allowOrigin } from "./cors.ts";
import type { Route } from "./http-routes.ts";
import { whatOf } from "./outcome.ts";
import type { PostServerConfig } from "./post-server-config.ts";

export type GuardConfig = Pick<PostServerConfig, "auth" | "cors" | "response_headers" | "keep_alives_enabled">;

/** Throws `EXTENSION_MISSING`. */
export function guardedRoute(route: Route, config: GuardConfig, settings: Settings): Route {
  const { auth } = config;
  const authenticator = auth === undefined ? undefined : serverAuthenticatorOf(settings, auth.authenticator);
  return (request, response) => {
    if (!config.keep_alives_enabled) response.shouldKeepAlive = false;
    for (const [name, value] of Object.entries(config.response_headers)) response.setHeader(name, value);
    if (allowOrigin(config.cors, "GET", request, response)) return void response.writeHead(204).end();
    if (authenticator === undefined) return route(request, response);
    const headers: Headers = new Map(
      Object.entries(request.headersDistinct).map(([name, values]) => [name, values ?? []]),
    );
    authenticator
      .authenticate(headers)
      .then(
        () => route(request, response),
        (error: unknown) => void response.writeHead(401).end(`${whatOf(error)}\n`),
      )
      .catch((error: unknown) => {
        settings.report(error);
        response.destroy();
      });
  };
}
