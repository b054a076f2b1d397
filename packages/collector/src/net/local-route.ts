import type { Route } from "./http-routes.ts";

const LOOPBACK_ADDRESS = /^(?:::ffff:)?127\.|^::1$/;
const LOOPBACK_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/**
 * A route that answers only clients on this machine, whatever the server listens on. A `Host`
 * that is not loopback's is refused too: a web page whose name was made to lead here could
 * read the answer otherwise.
 */
export function localRoute(route: Route): Route {
  return (request, response) => {
    const isLocal = LOOPBACK_ADDRESS.test(request.socket.remoteAddress ?? "");
    if (isLocal && LOOPBACK_HOST.test(request.headers.host ?? "localhost")) route(request, response);
    else
      response
        .writeHead(403, { "content-type": "text/plain; charset=utf-8" })
        .end("only for clients on this machine\n");
  };
}
