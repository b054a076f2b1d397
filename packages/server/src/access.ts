/** Who may speak to the HTTP APIs. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

export interface AccessSettings {
  /** Required of everyone where it is set, as `Authorization: Bearer …`, or once as `?token=…` in a browser. */
  readonly token: string | undefined;
  /** Whether the server listens on loopback only. */
  readonly loopback: boolean;
}

const COOKIE = "clew_token";
const OPEN_PATHS = new Set(["/live", "/ready"]);
const LOOPBACK_HOST = /^(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * On loopback, a `Host` that is not loopback's is refused: a web page that had its name
 * resolve to this machine would otherwise read everything. Elsewhere a token is required.
 */
export function guard({ token, loopback }: AccessSettings): MiddlewareHandler {
  return async (context, next) => {
    if (loopback && !isLoopbackHost(context.req.header("host") ?? "localhost")) {
      return context.text("this server answers to localhost only; start it with --host to change that\n", 403);
    }
    if (token === undefined || OPEN_PATHS.has(context.req.path)) return next();
    if (isToken(context.req.query("token"), token)) {
      setCookie(context, COOKIE, token, { httpOnly: true, sameSite: "Strict", path: "/" });
      return next();
    }
    const given = bearerOf(context) ?? getCookie(context, COOKIE);
    if (isToken(given, token)) return next();
    context.header("WWW-Authenticate", 'Bearer realm="clew"');
    return context.text(
      "give the token that `clew up` printed: Authorization: Bearer TOKEN, or ?token=TOKEN in a browser\n",
      401,
    );
  };
}

/** Whether a `Host` header names this machine. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK_HOST.test(host);
}

function bearerOf(context: Context): string | undefined {
  return /^Bearer (.+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
}

/** Compares in constant time. */
export function isToken(given: string | undefined, token: string): boolean {
  return given !== undefined && timingSafeEqual(digestOf(given), digestOf(token));
}

/** Texts of any length become as many bytes, which is what can be compared in constant time. */
function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
