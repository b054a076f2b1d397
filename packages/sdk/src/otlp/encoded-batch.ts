import { Writer } from "@clew/otlp";
import type { Batch } from "../common/batcher.ts";
import { copyValue, writeKeyValue } from "../common/any-value.ts";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { Resource } from "../resource/resource.ts";

/** Where an item belongs in an export request. */
export interface Scoped {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

/** Writes `item` as the repeated message `field`. */
export type EncodeItem<Item> = (writer: Writer, field: number, item: Item) => void;

/**
 * Items as OTLP bytes, grouped by resource and scope as a request wants them. The field numbers
 * are those of all three signals: ResourceX{resource=1, scope_x=2, schema_url=3}, ScopeX{scope=1,
 * items=2, schema_url=3}.
 */
export class EncodedBatch<Item extends Scoped> implements Batch<Item> {
  count = 0;
  readonly #encode: EncodeItem<Item>;
  readonly #groups = new Map<Resource, Map<InstrumentationScope, Writer>>();

  constructor(encode: EncodeItem<Item>) {
    this.#encode = encode;
  }

  add(item: Item): void {
    const writer = this.#writerFor(item);
    const start = writer.byteLength;
    try {
      this.#encode(writer, 2, item);
      this.count++;
    } catch (thrown) {
      // Half of an item would make the whole request unreadable.
      writer.truncate(start);
      throw thrown;
    }
  }

  /** The body of an export request. */
  toRequest(): Uint8Array {
    const writer = new Writer(this.#byteLength() + 1_024);
    for (const [resource, scopes] of this.#groups) {
      const start = writer.begin(1);
      writeResource(writer, resource);
      for (const [scope, items] of scopes) writeScope(writer, scope, items);
      if (resource.schemaUrl !== undefined) writer.string(3, resource.schemaUrl);
      writer.end(start);
    }
    return writer.view();
  }

  /** Forgets the items and keeps the memory. */
  clear(): void {
    this.count = 0;
    for (const scopes of this.#groups.values()) for (const writer of scopes.values()) writer.reset();
  }

  #writerFor({ resource, instrumentationScope }: Item): Writer {
    let scopes = this.#groups.get(resource);
    if (scopes === undefined) this.#groups.set(resource, (scopes = new Map()));
    let writer = scopes.get(instrumentationScope);
    if (writer === undefined) scopes.set(instrumentationScope, (writer = new Writer()));
    return writer;
  }

  #byteLength(): number {
    let total = 0;
    for (const scopes of this.#groups.values()) for (const writer of scopes.values()) total += writer.byteLength;
    return total;
  }
}

function writeResource(writer: Writer, { attributes }: Resource): void {
  const start = writer.begin(1);
  for (const [key, value] of Object.entries(attributes)) writeKeyValue(writer, 1, key, value);
  writer.end(start);
}

function writeScope(writer: Writer, scope: InstrumentationScope, items: Writer): void {
  if (items.byteLength === 0) return;
  const start = writer.begin(2);
  const scopeStart = writer.begin(1);
  writer.string(1, scope.name);
  if (scope.version !== undefined) writer.string(2, scope.version);
  for (const [key, value] of Object.entries(scope.attributes ?? {})) {
    const copy = copyValue(value, Infinity);
    if (copy !== undefined) writeKeyValue(writer, 3, key, copy);
  }
  writer.end(scopeStart);
  writer.raw(items.view());
  if (scope.schemaUrl !== undefined) writer.string(3, scope.schemaUrl);
  writer.end(start);
}
