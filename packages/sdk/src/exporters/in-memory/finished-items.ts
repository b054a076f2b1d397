import { type ExportResult, failure, SUCCESS } from "../../common/export-result.ts";

/** Keeps what is exported until it is looked at. After `shutdown` there is nothing, and nothing more comes. */
export class FinishedItems<Item> {
  #items: Item[] = [];
  #isShutDown = false;

  get items(): Item[] {
    return this.#items;
  }

  export(items: readonly Item[], resultCallback: (result: ExportResult) => void): void {
    if (this.#isShutDown) return resultCallback(failure(new Error("the exporter is shut down")));
    this.#items.push(...items);
    resultCallback(SUCCESS);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.#isShutDown = true;
    this.reset();
    return Promise.resolve();
  }

  /** Forgets what was kept. */
  reset(): void {
    this.#items = [];
  }
}
