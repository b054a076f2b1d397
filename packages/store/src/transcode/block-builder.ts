import type { Payload } from "@clew/otlp";
import type { Column } from "../block/columns.ts";

/**
 * Gathers payloads of one signal into one table's columns. `take` parts share memory with the
 * builder: write them out before `reset`. When `add` throws, the builder must be `reset`.
 */
export interface BlockBuilder {
  readonly table: string;
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
  reset(): void;
}

/** A builder of one signal: a metrics payload fills several tables. */
export interface SignalTranscoder {
  readonly blocks: readonly BlockBuilder[];
  add(payload: Payload): void;
}

export function resetColumns(columns: Readonly<Record<string, Column>>): void {
  for (const column of Object.values(columns)) column.reset();
}
