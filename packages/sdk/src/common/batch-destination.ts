import type { Batch, BatchDestination } from "./batcher.ts";
import type { LastRequest } from "../exit/last-request.ts";
import { type ExportResult, failure, toError } from "./export-result.ts";
import { type Resource, whenResourcesAreKnown } from "../resource/resource.ts";
import { untraced } from "./suppress-tracing.ts";

/** What exporters of spans and of log records have in common. */
export interface ItemExporter<Item> {
  export(items: Item[], resultCallback: (result: ExportResult) => void): void;
}

/** The exporter itself when it takes batches in its own form, else one that collects the items in arrays. */
export function destinationFor<Item>(exporter: ItemExporter<Item>): BatchDestination<Item> {
  return takesBatches<Item>(exporter) ? exporter : new ArrayDestination(exporter);
}

/** Exports one batch of items by the callback interface. Nothing that the exporter does is traced. Never rejects. */
export function exportItems<Item>(exporter: ItemExporter<Item>, items: Item[]): Promise<ExportResult> {
  return new Promise((resolve) => exportThen(exporter, items, resolve));
}

/** The same without a promise: calls `done` once, at once where the exporter does so. Never throws. */
export function exportThen<Item>(
  exporter: ItemExporter<Item>,
  items: Item[],
  done: (result: ExportResult) => void,
): void {
  let isDone = false;
  const doneOnce = (result: ExportResult): void => {
    if (isDone) return;
    isDone = true;
    done(result);
  };
  const exported = (): void => {
    try {
      untraced(() => exporter.export(items, doneOnce));
    } catch (thrown) {
      doneOnce(failure(toError(thrown)));
    }
  };
  // All items of a processor are of one provider, and so of one resource.
  const waiting = whenResourcesAreKnown([(items[0] as { readonly resource?: Resource } | undefined)?.resource]);
  if (waiting === undefined) exported();
  else void waiting.then(exported);
}

class ArrayBatch<Item> implements Batch<Item> {
  readonly items: Item[] = [];

  get count(): number {
    return this.items.length;
  }

  add(item: Item): void {
    this.items.push(item);
  }
}

class ArrayDestination<Item> implements BatchDestination<Item> {
  readonly #exporter: ItemExporter<Item>;

  constructor(exporter: ItemExporter<Item>) {
    this.#exporter = exporter;
  }

  createBatch(): ArrayBatch<Item> {
    return new ArrayBatch();
  }

  /** Its exporter may have done its work when it returns; there is no more time for it. */
  drain(batches: readonly ArrayBatch<Item>[]): readonly LastRequest[] {
    for (const batch of batches) void this.exportBatch(batch);
    return [];
  }

  exportBatch(batch: ArrayBatch<Item>): Promise<ExportResult> {
    return exportItems(this.#exporter, batch.items);
  }
}

/** Whether it writes each item when it comes. */
export function takesBatches<Item>(exporter: object): exporter is BatchDestination<Item> {
  return "createBatch" in exporter && "exportBatch" in exporter;
}
