import { LENGTH_DELIMITED, Writer } from "@clew/otlp";
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

  /** The body of an export request; it may share memory with the batch, so it is valid until `clear`. */
  toRequest(): Uint8Array {
    const groups = this.#groups.filter(({ items }) => items.byteLength > 0);
    const [first] = groups;
    if (first === undefined) return new Uint8Array(0);
    if (groups.length === 1) {
      const scopeHead = scopeHeadOf(first);
      const resourceHead = resourceHeadOf(first.resource, scopeHead.length + first.items.byteLength);
      return first.items.behind(Buffer.concat([resourceHead, scopeHead]));
    }
    const resources = new Set(groups.map(({ resource }) => resource));
    const pieces = [...resources].flatMap((resource) => piecesOf(resource, groups));
    return Buffer.concat(pieces);
  }

  /** Forgets the items and keeps the memory. */
  clear(): void {
    this.count = 0;
    this.itemCount = 0;
    this.#otherBytes = 0;
    for (const { items } of this.#groups) items.reset();
  }

  #groupOf({ resource, instrumentationScope: scope }: Item): Group {
    const last = this.#last;
    if (last !== undefined && last.scope === scope && last.resource === resource) return last;
    let group = this.#groups.find((one) => one.scope === scope && one.resource === resource);
    if (group === undefined) {
      group = { resource, scope, items: new Writer(INITIAL_BYTES, HEADROOM_BYTES) };
      this.#groups.push(group);
    }
    this.#otherBytes += (last?.items.byteLength ?? 0) - group.items.byteLength;
    this.#last = group;
    return group;
  }
}

function piecesOf(resource: Resource, groups: readonly Group[]): Uint8Array[] {
  const scopes = groups.flatMap((group) =>
    group.resource === resource ? [scopeHeadOf(group), group.items.view()] : [],
  );
  const scopesLength = scopes.reduce((total, { length }) => total + length, 0);
  return [resourceHeadOf(resource, scopesLength), ...scopes];
}

/** Everything of a `ResourceX` that stands before its scopes, which have `scopesLength` bytes. */
function resourceHeadOf(resource: Resource, scopesLength: number): Uint8Array {
  const fields = new Writer(1_024);
  const start = fields.begin(1);
  for (const [key, value] of Object.entries(resource.attributes)) writeKeyValue(fields, 1, key, value);
  for (const entity of resource.entities ?? []) writeEntityRef(fields, entity);
  fields.end(start);
  if (resource.schemaUrl !== undefined) fields.string(3, resource.schemaUrl);
  return messageHead(1, fields, scopesLength);
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
function scopeHeadOf({ scope, items }: Group): Uint8Array {
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
  return messageHead(2, fields, items.byteLength);
}

/** The tag and length of a message that begins with `fields` and goes on for `restLength` bytes, and the fields. */
function messageHead(field: number, fields: Writer, restLength: number): Uint8Array {
  const head = new Writer(fields.byteLength + 8);
  head.tag(field, LENGTH_DELIMITED);
  head.varint(fields.byteLength + restLength);
  head.raw(fields.view());
  return head.take();
}
