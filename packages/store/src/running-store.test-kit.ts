/** A real store with the engine that `clew up` runs, on a directory of its own. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@clew/base";
import { EmbeddedEngine, type EmbeddedEngineSettings } from "./engine/embedded-engine.ts";
import { Store, type StoreSettings } from "./store.ts";

export const ENGINE_PROGRAM: string = fileURLToPath(new URL("../../clew/dist/engine-main.js", import.meta.url));

export interface RunningStore {
  readonly store: Store;
  readonly directory: string;
  /** What the store reported. */
  readonly reports: readonly string[];
  /** Closes it, and removes the directory unless that was given. */
  stop(): Promise<void>;
}

export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "clew-store-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function openStore(settings: Partial<StoreSettings> = {}): Promise<RunningStore> {
  if (!existsSync(ENGINE_PROGRAM)) throw new Error("build the engine's program first: npx tsc -b packages/clew");
  const own = settings.directory === undefined ? temporaryDirectory() : undefined;
  const directory = settings.directory ?? own?.path ?? "";
  const reports: string[] = [];
  const report = (line: string): void => void reports.push(line);
  const store = await Store.open({ engineProgram: ENGINE_PROGRAM, report, ...settings, directory });
  return {
    store,
    directory,
    reports,
    async stop() {
      await store.close();
      own?.remove();
    },
  };
}

/** An engine alone, with a directory of its own. `stop` ends it and removes that. */
export async function startEmbedded(settings: Partial<EmbeddedEngineSettings> = {}): Promise<EmbeddedEngine> {
  const own = temporaryDirectory();
  const engine = new EmbeddedEngine({
    program: ENGINE_PROGRAM,
    directory: own.path,
    memoryBytes: 2_000_000_000,
    clock: systemClock,
    report: () => {},
    ...settings,
  });
  await engine.start();
  const stop = engine.stop.bind(engine);
  engine.stop = async () => {
    await stop();
    own.remove();
  };
  return engine;
}
