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

/**
 * The same without a promise: calls `done` once, at once where the exporter does so. Never throws. Returns what exports
 * without waiting any longer for what is not known of the resource yet.
 */
export function exportThen<Item>(
  exporter: ItemExporter<Item>,
  items: Item[],
  done: (result: ExportResult) => void,
): () => void {
  let isDone = false;
  const doneOnce = (result: ExportResult): void => {
    if (isDone) return;
    isDone = true;
    done(result);
  };
  let isExported = false;
  const exportOnce = (): void => {
    if (isExported) return;
    isExported = true;
    try {
      untraced(() => exporter.export(items, doneOnce));
    } catch (thrown) {
      doneOnce(failure(toError(thrown)));
    }
  };
  // All items of a processor are of one provider, and so of one resource.
  const waiting = whenResourcesAreKnown([(items[0] as { readonly resource?: Resource } | undefined)?.resource]);
  if (waiting === undefined) exportOnce();
  else void waiting.then(exportOnce);
  return exportOnce;
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
  readonly #underWay = new Set<() => void>();

  constructor(exporter: ItemExporter<Item>) {
    this.#exporter = exporter;
  }

  createBatch(): ArrayBatch<Item> {
    return new ArrayBatch();
  }

  /** Its exporter may have done its work when it returns; there is no more time for it at the end. */
  drain(batches: readonly ArrayBatch<Item>[], isEnd: boolean): readonly LastRequest[] {
    for (const batch of batches) void this.exportBatch(batch);
    if (isEnd) for (const exportNow of this.#underWay) exportNow();
    return [];
  }

  async exportBatch(batch: ArrayBatch<Item>): Promise<ExportResult> {
    let exportNow = (): void => {};
    const result = new Promise<ExportResult>((resolve) => {
      exportNow = exportThen(this.#exporter, batch.items, resolve);
    });
    this.#underWay.add(exportNow);
    await result;
    this.#underWay.delete(exportNow);
    return result;
  }
}

/** Whether it writes each item when it comes. */
export function takesBatches<Item>(exporter: object): exporter is BatchDestination<Item> {
  return "createBatch" in exporter && "exportBatch" in exporter;
}
