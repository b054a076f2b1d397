import { ClewError, messageOf } from "@clew/base";
import type { Context } from "hono";

export interface ReloadOutcome {
  readonly isSuccessful: boolean;
  /** When it was taken, or tried. */
  readonly atMs: number;
}

/** What is read anew while the program runs. */
export interface Reloadable {
  /** Rejects where something has faults, which then stays as it was. */
  reload(): Promise<void>;
  /** Undefined where there was none since the start. */
  readonly lastReload: ReloadOutcome | undefined;
}

/** `POST /-/reload`: 200 when everything was read anew, 500 where something stays as it was. */
export async function reloadAnswer(live: Reloadable | undefined, context: Context): Promise<Response> {
  if (context.req.header("sec-fetch-site") === "cross-site")
    return new Response("a page of another site may not do this\n", { status: 403 });
  try {
    await live?.reload();
    return new Response(null);
  } catch (error) {
    const text = error instanceof ClewError ? error.what : messageOf(error);
    return new Response(`failed to reload config: ${text}\n`, { status: 500 });
  }
}
