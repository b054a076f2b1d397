import { Writer } from "@clew/otlp";
import type { Batch } from "../common/batcher.ts";
import { copyValue, writeKeyValue } from "../common/any-value.ts";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { Entity } from "../resource/entity.ts";
import type { Resource } from "../resource/resource.ts";

/** Where an item belongs in an export request. */
export interface Scoped {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

/** Writes `item` as the repeated message `field`. */
export type EncodeItem<Item> = (writer: Writer, field: number, item: Item) => void;

/** Room for what stands before the items of a request: a resource and a scope of the usual size. */
const HEADROOM_BYTES = 2_048;
const INITIAL_BYTES = 8 * 1_024;

interface Group {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly items: Writer;
  // What stands before the items, made when the first request is.
  resourceFields: Uint8Array | undefined;
  scopeFields: Uint8Array | undefined;
}

/**
 * Items as OTLP bytes, grouped by resource and scope as a request wants them. The field numbers
 * are those of all three signals: ResourceX{resource=1, scope_x=2, schema_url=3}, ScopeX{scope=1,
 * items=2, schema_url=3}.
 */
export class EncodedBatch<Item extends Scoped> implements Batch<Item> {
  count = 0;
  /** How many spans, data points or log records that are. */
  itemCount = 0;
  readonly #encode: EncodeItem<Item>;
  readonly #groups: Group[] = [];
  // Most items come from where the one before came from.
  #last: Group | undefined;
  #otherBytes = 0;
  #request: Uint8Array | undefined;

  readonly #countOf: (item: Item) => number;

  /** `countOf`: how many items the conventions see in one, such as a metric's data points. */
  constructor(encode: EncodeItem<Item>, countOf: (item: Item) => number = () => 1) {
    this.#encode = encode;
    this.#countOf = countOf;
  }

  get byteLength(): number {
    return this.#otherBytes + (this.#last?.items.byteLength ?? 0);
  }

  add(item: Item): void {
    const { items } = this.#groupOf(item);
    const start = items.byteLength;
    try {
      this.#encode(items, 2, item);
      this.count++;
      this.itemCount += this.#countOf(item);
    } catch (thrown) {
      // Half of an item would make the whole request unreadable.
      items.truncate(start);
      throw thrown;
    }
  }

  /** The resources that the items come from. */
  get resources(): readonly Resource[] {
    return this.#groups.filter(({ items }) => items.byteLength > 0).map(({ resource }) => resource);
  }

  /** The body of an export request; it may share memory with the batch, so it is valid until `clear`. Nothing may be added any more. */
  toRequest(): Uint8Array {
    return (this.#request ??= this.#makeRequest());
  }

  /** Forgets the items and keeps the memory. */
  clear(): void {
    this.count = 0;
    this.itemCount = 0;
    this.#otherBytes = 0;
    this.#request = undefined;
    for (const { items } of this.#groups) items.reset();
  }

  #makeRequest(): Uint8Array {
    const groups = this.#groups.filter(({ items }) => items.byteLength > 0);
    for (const group of groups) putUnderScope(group);
    const resource = groups[0]?.resource;
    if (groups.length > 0 && groups.every((group) => group.resource === resource)) return underResource(groups);
    const resources = new Set(groups.map((group) => group.resource));
    return Buffer.concat([...resources].map((one) => underResource(groups.filter((group) => group.resource === one))));
  }

  #groupOf({ resource, instrumentationScope: scope }: Item): Group {
    const last = this.#last;
    if (last !== undefined && last.scope === scope && last.resource === resource) return last;
    let group = this.#groups.find((one) => one.scope === scope && one.resource === resource);
    if (group === undefined) {
      group = {
        resource,
        scope,
        items: new Writer(INITIAL_BYTES, HEADROOM_BYTES),
        resourceFields: undefined,
        scopeFields: undefined,
      };
      this.#groups.push(group);
    }
    this.#otherBytes += (last?.items.byteLength ?? 0) - group.items.byteLength;
    this.#last = group;
    return group;
  }
}

/** Makes a `ScopeX` of the items. */
function putUnderScope(group: Group): void {
  group.items.prepend((group.scopeFields ??= scopeFieldsOf(group.scope)));
  group.items.prependHead(2);
}

/** The `ResourceX` of the scopes of `groups`, which have one resource. One alone is not copied. */
function underResource(groups: readonly Group[]): Uint8Array {
  const first = groups[0]!;
  const scopes = groups.length === 1 ? first.items : together(groups);
  const fields = first.resourceFields ?? resourceFieldsOf(first.resource);
  if (first.resource.asyncAttributesPending !== true) first.resourceFields = fields;
  scopes.prepend(fields);
  scopes.prependHead(1);
  return scopes.view();
}

function together(groups: readonly Group[]): Writer {
  const total = groups.reduce((sum, { items }) => sum + items.byteLength, 0);
  const all = new Writer(total, HEADROOM_BYTES);
  for (const { items } of groups) all.raw(items.view());
  return all;
}

/** Everything of a `ResourceX` that stands before its scopes. */
function resourceFieldsOf(resource: Resource): Uint8Array {
  const fields = new Writer(1_024);
  const start = fields.begin(1);
  for (const [key, value] of Object.entries(resource.attributes)) writeKeyValue(fields, 1, key, value);
  for (const entity of resource.entities ?? []) writeEntityRef(fields, entity);
  fields.end(start);
  if (resource.schemaUrl !== undefined) fields.string(3, resource.schemaUrl);
  return fields.finish();
}

/** Says which of the resource's attributes belong to an entity (opentelemetry/proto/common/v1, `EntityRef`). */
function writeEntityRef(writer: Writer, { type, id, description, schemaUrl }: Entity): void {
  const start = writer.begin(3);
  if (schemaUrl !== undefined) writer.string(1, schemaUrl);
  writer.string(2, type);
  for (const key of Object.keys(id)) writer.string(3, key);
  for (const key of Object.keys(description)) writer.string(4, key);
  writer.end(start);
}

/** Everything of a `ScopeX` that stands before its items. */
function scopeFieldsOf(scope: InstrumentationScope): Uint8Array {
  const fields = new Writer(256);
  const start = fields.begin(1);
  fields.string(1, scope.name);
  if (scope.version !== undefined) fields.string(2, scope.version);
  for (const [key, value] of Object.entries(scope.attributes ?? {})) {
    const copy = copyValue(value);
    if (copy !== undefined) writeKeyValue(fields, 3, key, copy);
  }
  fields.end(start);
  if (scope.schemaUrl !== undefined) fields.string(3, scope.schemaUrl);
  return fields.finish();
}
