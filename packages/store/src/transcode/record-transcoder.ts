import type { Payload, Reader } from "@clew/otlp";
import { BlockBuilder, type SignalTranscoder } from "./block-builder.ts";
import { ResourceColumns } from "./resource-columns.ts";
import { walkRecords, type Ranges, type RecordVisitor } from "./walk-records.ts";

/** A signal whose records are the rows of one table, each with its resource and scope: spans and log records. */
export abstract class RecordTranscoder extends BlockBuilder implements SignalTranscoder, RecordVisitor {
  readonly blocks: readonly BlockBuilder[];
  protected readonly shared: ResourceColumns = new ResourceColumns();

  /** `others` are tables that are filled besides. */
  constructor(others: readonly BlockBuilder[] = []) {
    super();
    this.blocks = [this, ...others];
  }

  /** Writes the row of the record that ends at `end`, the columns of `shared` apart. */
  protected abstract addRecord(reader: Reader, end: number): void;

  add(payload: Payload): void {
    for (const chunk of payload.chunks) walkRecords(chunk, this);
    this.shared.settle();
  }

  resource(_reader: Reader, resource: Ranges, schemaUrl: Ranges): void {
    this.shared.useResource(resource, schemaUrl);
  }

  scope(_reader: Reader, scope: Ranges, schemaUrl: Ranges): void {
    this.shared.useScope(scope, schemaUrl);
  }

  record(reader: Reader, end: number): void {
    this.shared.addRow(reader);
    this.addRecord(reader, end);
    this.rows++;
  }
}
