import { diag } from "@opentelemetry/api";
import type { LastRequest } from "../exit/last-request.ts";
import { exportThen, type ItemExporter } from "./batch-destination.ts";

type Task = (done: () => void) => void;

/**
 * Exports items one after the other and reports the ones that fail. An item is exported before `add` returns, unless
 * another export is under way: who tests with an exporter in memory finds it there at once.
 */
export class SerialExports<Item> {
  readonly #noun: string;
  readonly #exporter: ItemExporter<Item>;
  readonly #tasks: Task[] = [];
  #isBusy = false;
  #isRunning = false;
  #isEnd = false;
  // Exports the item that is under way, if that still waits for its resource.
  #exportNow = (): void => {};

  constructor(noun: string, exporter: ItemExporter<Item>) {
    this.#noun = noun;
    this.#exporter = exporter;
  }

  add(item: Item): void {
    this.#tasks.push((done) => {
      this.#exportNow = exportThen(this.#exporter, [item], ({ error }) => {
        if (error !== undefined) diag.error(`export of a ${this.#noun} failed: ${error.message}`);
        done();
      });
      if (this.#isEnd) this.#exportNow();
    });
    this.#run();
  }

  /** At the end of the process nothing waits: an exporter that does its work at once gets all of it. */
  drain(isEnd: boolean): readonly LastRequest[] {
    this.#isEnd = isEnd;
    if (isEnd) this.#exportNow();
    return [];
  }

  /** Resolves when everything that was added before the call is done. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#tasks.push((done) => {
        resolve();
        done();
      });
      this.#run();
    });
  }

  /** A loop, not a recursion: many may wait for an export, and then be done at once. */
  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (!this.#isBusy) {
      const task = this.#tasks.shift();
      if (task === undefined) break;
      this.#isBusy = true;
      task(() => {
        this.#isBusy = false;
        this.#run();
      });
    }
    this.#isRunning = false;
  }
}
