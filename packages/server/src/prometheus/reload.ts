import { ClewError, messageOf } from "@clew/base";
import type { Context } from "hono";
import type { RulesSource } from "./rules-endpoints.ts";

/** `POST /-/reload`: 200 when the rules' files were read anew, 500 where everything stays as it was. */
export async function reloadAnswer(rules: RulesSource | undefined, context: Context): Promise<Response> {
  if (context.req.header("sec-fetch-site") === "cross-site")
    return new Response("a page of another site may not do this\n", { status: 403 });
  try {
    await rules?.reload();
    return new Response(null);
  } catch (error) {
    const text = error instanceof ClewError ? error.what : messageOf(error);
    return new Response(`failed to reload config: ${text}\n`, { status: 500 });
  }
}
