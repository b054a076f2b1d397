/** The UI's files, and its page for every address that is a view. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";

const NOT_BUILT = `<!doctype html><title>Clew</title><p>The UI is not built. Run <code>npm run build</code>, then reload.`;
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/** `directory` holds `index.html` and `assets/`, whose names change with their content. */
export function uiFiles(directory: string): Hono {
  const app = new Hono();
  const immutable = serveStatic({
    root: directory,
    precompressed: true,
    onFound: (_path, context) => context.header("Cache-Control", "public, max-age=31536000, immutable"),
  });
  app.get("/assets/*", immutable, (context) => context.notFound());
  app.get(
    "/*",
    serveStatic({ root: directory, rewriteRequestPath: (path) => (path === "/" ? "/no-directory-index" : path) }),
  );
  app.get("/*", async (context) => {
    if (context.req.path.startsWith("/api/")) return context.notFound();
    context.header("Cache-Control", "no-cache");
    context.header("Content-Security-Policy", POLICY);
    context.header("X-Content-Type-Options", "nosniff");
    const page = join(directory, "index.html");
    return context.html(existsSync(page) ? await readFile(page, "utf8") : NOT_BUILT);
  });
  return app;
}
