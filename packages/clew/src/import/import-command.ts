/** `clew import`: files of telemetry into a running program. */
import { ClewError, systemClock } from "@clew/base";
import type { Signal } from "@clew/otlp";
import type { Terminal } from "../terminal.ts";
import { importOptions } from "./import-options.ts";
import { OtlpSender } from "./otlp-sender.ts";
import { payloadsOf } from "./payloads.ts";
import { itemsOf } from "./read-file.ts";

/** So many refusals are printed; the others are counted. */
const MAX_PRINTED = 50;
const NOUNS: Readonly<Record<Signal, string>> = { traces: "spans", logs: "log records", metrics: "data points" };

/** Rejects with `IMPORT_REFUSED` where not everything was taken, `FILE_UNREADABLE`, `CLEW_NOT_REACHED`, `EXPORT_FAILED` and `USAGE`. */
export async function runImport(args: readonly string[], terminal: Terminal): Promise<void> {
  const { files, format, signal, endpoint, token } = importOptions(args, terminal.env);
  const refusals = new Refusals(terminal.error);
  const sender = new OtlpSender({
    endpoint,
    token,
    clock: systemClock,
    stop: terminal.stop,
    refused: ({ place, signal: what, items, why }) =>
      refusals.add(place, items === 0 ? why : `${items} ${NOUNS[what]} were refused: ${why}`, items > 0),
  });
  try {
    for (const file of files) await importFile(file);
    await sender.flush();
  } finally {
    const { traces, logs, metrics } = sender.sent;
    terminal.out(`Imported ${traces} spans, ${logs} log records and ${metrics} data points.\n`);
    refusals.printRest();
  }
  if (refusals.count > 0)
    throw new ClewError(
      "IMPORT_REFUSED",
      `not everything was imported: something was refused in ${refusals.count} places`,
      {
        remedy: "see the lines above",
      },
    );

  async function importFile(file: string): Promise<void> {
    for await (const { place, bytes, problem } of itemsOf(file, format, terminal.stdin)) {
      if (terminal.stop.aborted) throw new ClewError("EXPORT_FAILED", "it was stopped", { path: `${file}: ${place}` });
      const where = `${file}: ${place}`;
      if (bytes === undefined) {
        refusals.add(where, problem ?? "it can't be read", true);
        continue;
      }
      try {
        for (const payload of await payloadsOf(bytes, format, signal)) await sender.add(payload, where);
      } catch (error) {
        if (!(error instanceof ClewError) || ENDS.has(error.code)) throw error;
        refusals.add(where, `[${error.code}] ${error.what}`, true);
      }
    }
  }
}

/** What is no fault of the thing that was being imported. */
const ENDS: ReadonlySet<string> = new Set(["CLEW_NOT_REACHED", "EXPORT_FAILED"]);

class Refusals {
  readonly #print: (text: string) => void;
  #count = 0;
  #told = 0;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  /** Without warnings. */
  get count(): number {
    return this.#count;
  }

  add(place: string, why: string, isRefusal: boolean): void {
    if (isRefusal) this.#count++;
    if (this.#told++ < MAX_PRINTED) this.#print(`${place}: ${why}\n`);
  }

  printRest(): void {
    if (this.#told > MAX_PRINTED) this.#print(`and ${this.#told - MAX_PRINTED} more\n`);
  }
}
