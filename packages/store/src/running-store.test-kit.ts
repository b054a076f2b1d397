/** A real store with the engine that `clew up` runs, on a directory of its own. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@clew/base";
import { expect } from "vitest";
import { startCluster } from "./engine/cluster.test-kit.ts";
import { EmbeddedEngine, type EmbeddedEngineSettings } from "./engine/embedded-engine.ts";
import { Store } from "./store.ts";
import type { StoreSettings } from "./store-settings.ts";

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

/** The suites in this file run once more, with a cluster behind the store. */
const ON_A_CLUSTER = /store-on-a-cluster\.test\.ts$/;

export async function openStore(settings: Partial<StoreSettings> = {}): Promise<RunningStore> {
  if (!existsSync(ENGINE_PROGRAM)) throw new Error("build the engine's program first: npx tsc -b packages/clew");
  if (ON_A_CLUSTER.test(expect.getState().testPath ?? "")) return openStoreOnCluster(settings);
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

/** Two shards, each of whose nodes has had Clew started against it. */
async function openStoreOnCluster(settings: Partial<StoreSettings>): Promise<RunningStore> {
  const cluster = await startCluster(2);
  const own = cluster.servers.map(() => temporaryDirectory());
  const reports: string[] = [];
  const report = (line: string): void => void reports.push(line);
  const [store, ...others] = await Promise.all(
    cluster.servers.map((server, i) => Store.open({ report, ...settings, directory: own[i]?.path ?? "", server })),
  );
  for (const other of others) await other.close();
  assert(store !== undefined);
  return {
    store,
    directory: own[0]?.path ?? "",
    reports,
    async stop() {
      await store.close();
      await cluster.stop();
      for (const directory of own) directory.remove();
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
