import { diag } from "@opentelemetry/api";
import { type ExportResult, failure, toError } from "./export-result.ts";

/** Runs exports one after the other and reports the ones that fail. */
export class SerialExports {
  readonly #noun: string;
  #last: Promise<void> = Promise.resolve();

  constructor(noun: string) {
    this.#noun = noun;
  }

  add(task: () => Promise<ExportResult>): void {
    this.#last = this.#after(this.#last, task);
  }

  /** Resolves when everything that was added before the call is done. */
  idle(): Promise<void> {
    return this.#last;
  }

  async #after(previous: Promise<void>, task: () => Promise<ExportResult>): Promise<void> {
    await previous;
    const { error } = await task().catch((thrown: unknown) => failure(toError(thrown)));
    if (error !== undefined) diag.error(`export of a ${this.#noun} failed: ${error.message}`);
  }
}
