/** The hooks that Node runs in a thread of their own, where its synchronous ones cannot be used. */
import { fileURLToPath } from "node:url";
import { tellingSource } from "./es-module-source.ts";
import { packageFileOf } from "./package-file.ts";

interface LoadResult {
  readonly format?: string | null;
  readonly source?: string | ArrayBuffer | ArrayBufferView | null;
}

let watched: ReadonlySet<string> = new Set();

export function initialize(names: readonly string[]): void {
  watched = new Set(names);
}

export async function load(
  url: string,
  context: object,
  next: (url: string, context: object) => Promise<LoadResult>,
): Promise<LoadResult> {
  const loaded = await next(url, context);
  if (loaded.format !== "module" || loaded.source == null || !url.startsWith("file:")) return loaded;
  const file = packageFileOf(fileURLToPath(url));
  if (file === undefined || !watched.has(`${file.package}/${file.path}`)) return loaded;
  return { ...loaded, source: tellingSource(loaded.source, url) };
}
