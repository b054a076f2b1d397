import { type FSWatcher, watch } from "node:fs";
import type { Clock } from "@clew/base";

/** What happens within such a time is one change: editors write a file, move it and set its times. */
const TOGETHER_MS = 50;

/** Tells of changes in directories. One that is not there, or goes, is watched from the next `watch` on that finds it. */
export class WatchedDirectories {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Watches these, and no others any more. */
  watch(directories: ReadonlySet<string>): void {
    for (const [directory, watcher] of this.#watchers) if (!directories.has(directory)) this.#end(directory, watcher);
    for (const directory of directories) if (!this.#watchers.has(directory)) this.#begin(directory);
  }

  close(): void {
    this.#cancel?.();
    for (const [directory, watcher] of this.#watchers) this.#end(directory, watcher);
  }

  #begin(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, () => this.#tellSoon());
      watcher.on("error", () => this.#end(directory, watcher));
      this.#watchers.set(directory, watcher);
    } catch {
      // Not there yet, or more than the system watches: it is read again all the same, now and then.
    }
  }

  #end(directory: string, watcher: FSWatcher): void {
    watcher.close();
    this.#watchers.delete(directory);
  }

  #tellSoon(): void {
    this.#cancel ??= this.#clock.after(TOGETHER_MS, () => {
      this.#cancel = undefined;
      this.#changed();
    });
  }
}
