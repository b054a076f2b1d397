import type { Payload } from "@clew/otlp";
import type { Column } from "../block/columns.ts";

/** Gathers one table's rows in columns, whose memory is used again after `reset`: write them out before. */
export abstract class BlockBuilder {
  abstract readonly table: string;
  abstract readonly columns: Readonly<Record<string, Column>>;
  rows = 0;

  reset(): void {
    for (const column of Object.values(this.columns)) column.reset();
    this.rows = 0;
  }
}

/** Fills the tables of one signal: a metrics payload goes into several. When `add` throws, the blocks must be reset. */
export interface SignalTranscoder {
  readonly blocks: readonly BlockBuilder[];
  add(payload: Payload): void;
}
