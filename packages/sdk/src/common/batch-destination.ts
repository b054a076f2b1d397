import type { Batch, BatchDestination } from "./batcher.ts";
import type { LastRequest } from "../exit/last-request.ts";
import type { ExportResult } from "./export-result.ts";
import { type Resource, whenResourcesAreKnown } from "../resource/resource.ts";
import { untraced } from "./suppress-tracing.ts";

interface Exporter<Item> {
  export(items: Item[], resultCallback: (result: ExportResult) => void): void;
}

/** The exporter itself when it takes batches in its own form, else one that collects the items in arrays. */
export function destinationFor<Item>(exporter: Exporter<Item>): BatchDestination<Item> {
  return takesBatches<Item>(exporter) ? exporter : new ArrayDestination(exporter);
}

/** Exports one batch of items by the callback interface. Nothing that the exporter does is traced. */
export function exportItems<Item>(exporter: Exporter<Item>, items: Item[]): Promise<ExportResult> {
  const exported = (): Promise<ExportResult> =>
    new Promise((resolve) => untraced(() => exporter.export(items, resolve)));
  // All items of a processor are of one provider, and so of one resource.
  const waiting = whenResourcesAreKnown([(items[0] as { readonly resource?: Resource } | undefined)?.resource]);
  return waiting === undefined ? exported() : waiting.then(exported);
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
  readonly #exporter: Exporter<Item>;

  constructor(exporter: Exporter<Item>) {
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

function takesBatches<Item>(exporter: object): exporter is BatchDestination<Item> {
  return "createBatch" in exporter && "exportBatch" in exporter;
}
