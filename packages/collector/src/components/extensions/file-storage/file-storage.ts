import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ClewError, messageOf, sleep } from "@clew/base";
import { claimDirectory } from "@clew/store";
import type { Kind, Settings } from "../../../component.ts";
import type { Extension, Storage, StorageClient } from "../../../extension.ts";
import type { FileStorageConfig } from "./config.ts";
import { FileClient } from "./file-client.ts";

const CLAIM_INTERVAL_MS = 50;

/** Keeps what components give it in files, one folder a component, in a directory of one process. */
export class FileStorage implements Extension {
  readonly storage: Storage = { open: (kind, id, name) => this.#open(kind, id, name) };
  readonly #settings: Settings;
  readonly #config: FileStorageConfig;
  // folder --> who uses it
  readonly #clients = new Map<string, FileClient>();
  #release: () => void = () => {};

  constructor(settings: Settings, config: FileStorageConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  /** Rejects with `STORAGE_FAILED`, or `STORAGE_IN_USE` where another process holds the directory. */
  async start(): Promise<void> {
    const { directory, create_directory: creates, directory_permissions: permissions } = this.#config;
    try {
      if (creates) await mkdir(directory, { recursive: true, mode: Number.parseInt(permissions, 8) });
    } catch (cause) {
      throw new ClewError("STORAGE_FAILED", messageOf(cause), {
        path: `${this.#settings.path}::directory`,
        remedy: "name a directory that may be made",
        cause,
      });
    }
    this.#release = await this.#claim(directory);
  }

  async shutdown(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
    this.#clients.clear();
    this.#release();
    this.#release = () => {};
  }

  async #open(kind: Kind, componentId: string, name: string): Promise<StorageClient> {
    const folder = [kind, componentId, name].map((part) => encodeURIComponent(part)).join("_");
    if (this.#clients.has(folder))
      throw new ClewError("STORAGE_FAILED", `${folder} is in use already`, { path: this.#settings.path });
    const client = await FileClient.open({
      directory: join(this.#config.directory, folder),
      fsync: this.#config.fsync,
      recreate: this.#config.recreate,
      warn: (message, fields) => this.#settings.logger.warn(message, fields),
    });
    this.#clients.set(folder, client);
    const close = async (): Promise<void> => {
      await client.close();
      this.#clients.delete(folder);
    };
    return { get: (key) => client.get(key), keys: () => client.keys(), apply: (all) => client.apply(all), close };
  }

  /** Waits up to `timeout` for another process to let go. */
  async #claim(directory: string): Promise<() => void> {
    const { clock, path } = this.#settings;
    const untilMs = clock.nowMs() + this.#config.timeout;
    for (;;) {
      try {
        return claimDirectory(directory, (pid) => inUse(pid, `${path}::directory`));
      } catch (error) {
        const isHeld = error instanceof ClewError && error.code === "STORAGE_IN_USE";
        if (!isHeld || clock.nowMs() >= untilMs) throw error;
        await sleep(clock, CLAIM_INTERVAL_MS);
      }
    }
  }
}

function inUse(pid: string, path: string): ClewError {
  return new ClewError("STORAGE_IN_USE", `process ${pid} uses the directory`, {
    path,
    remedy: "stop that process, or name another directory",
  });
}
