import { exportItems } from "../../common/batch-destination.ts";
import type { ExportResult } from "../../common/export-result.ts";

interface Exporter<Item> {
  export(items: Item[], resultCallback: (result: ExportResult) => void): void;
}

/** What official packages use of each other. */
export const internal = {
  /** Exports once, untraced. */
  _export<Item>(exporter: Exporter<Item>, items: Item[]): Promise<ExportResult> {
    return exportItems(exporter, items);
  },
} as const;
