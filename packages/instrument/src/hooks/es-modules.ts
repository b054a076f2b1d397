import Module from "node:module";
import { fileURLToPath } from "node:url";
import { synchronousLoadHooksWork } from "./node-versions.ts";
import { ON_ES_MODULE, tellingSource } from "./es-module-source.ts";

export interface EsModuleFiles {
  /** `package/path` of each file to watch. */
  readonly names: ReadonlySet<string>;
  /** Whether a file is one of them. */
  readonly isWatched: (filename: string) => boolean;
  readonly onFile: (filename: string, module: { readonly exports: unknown }) => void;
}

interface LoadResult {
  readonly format?: string | null;
  readonly source?: string | ArrayBuffer | ArrayBufferView;
}

type RegisterHooks = (hooks: {
  load(url: string, context: object, next: (url: string, context: object) => LoadResult): LoadResult;
}) => void;

/**
 * Calls `onFile` when one of the files has run as an ES module. Where Node's synchronous hooks cannot
 * be used, its asynchronous ones are, which take a thread: so watch only what is there to be loaded.
 */
export function watchEsModules({ names, isWatched, onFile }: EsModuleFiles): void {
  (globalThis as Record<symbol, unknown>)[Symbol.for(ON_ES_MODULE)] = (url: string, exports: unknown): void =>
    onFile(fileURLToPath(url), { exports });
  const { registerHooks } = Module as { readonly registerHooks?: RegisterHooks };
  if (registerHooks === undefined || !synchronousLoadHooksWork(process.versions.node)) {
    Module.register("./es-module-thread.js", import.meta.url, { data: [...names] });
    return;
  }
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (loaded.format !== "module" || loaded.source === undefined || !url.startsWith("file:")) return loaded;
      return isWatched(fileURLToPath(url)) ? { ...loaded, source: tellingSource(loaded.source, url) } : loaded;
    },
  });
}
