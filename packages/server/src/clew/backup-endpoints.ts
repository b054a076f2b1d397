/** `/api/clew/v1/backup` and `restore`: what an operator does to a running store. */
import { isAbsolute } from "node:path";
import type { Store } from "@clew/store";
import { Hono, type Context } from "hono";
import { badParameter } from "./parameters.ts";

export interface BackupEndpointSettings {
  readonly backups: Pick<Store, "backUp" | "restore">;
}

/** Both take JSON, which no web page of another origin can send without asking first. */
export function backupEndpoints({ backups }: BackupEndpointSettings): Hono {
  const app = new Hono();
  app.post("/backup", async (context) => context.json(await backups.backUp(directoryOf(await bodyOf(context)))));
  app.post("/restore", async (context) => {
    const body = await bodyOf(context);
    return context.json(await backups.restore(directoryOf(body), { replace: body["replace"] === true }));
  });
  return app;
}

async function bodyOf(context: Context): Promise<Readonly<Record<string, unknown>>> {
  if (!(context.req.header("content-type") ?? "").startsWith("application/json"))
    throw badParameter("content-type", "expected application/json", 'send {"directory": "/…"} as JSON');
  try {
    return (await context.req.json()) as Record<string, unknown>;
  } catch {
    throw badParameter("body", "the body is no JSON", 'send {"directory": "/…"}');
  }
}

function directoryOf(body: Readonly<Record<string, unknown>>): string {
  const directory = body["directory"];
  if (typeof directory !== "string" || !isAbsolute(directory))
    throw badParameter("directory", "expected an absolute path", 'send {"directory": "/…"}');
  return directory;
}
