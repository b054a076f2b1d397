/** The columns that every span and log record shares: its service, resource and scope. */
import type { Reader } from "@clew/otlp";
import { FixedColumn, LowCardinalityColumn, type Column } from "../block/columns.ts";
import { Dictionary } from "../block/dictionary.ts";
import { DictionaryMapColumn, MapColumn } from "../block/map-columns.ts";
import { AttributeWriter } from "./attributes.ts";
import { takeRange, type Ranges } from "./walk-records.ts";

const SERVICE_NAME = Buffer.from("service.name");
/** Attribute 1, dropped count 2 of a Resource; name 1, version 2, attributes 3, dropped count 4 of a scope. */
const RESOURCE_ATTRIBUTE = 10;
const RESOURCE_DROPPED = 16;
const SCOPE_NAME = 10;
const SCOPE_VERSION = 18;
const SCOPE_ATTRIBUTE = 26;
const SCOPE_DROPPED = 32;

export class ResourceColumns {
  readonly #serviceName = new LowCardinalityColumn();
  readonly #resourceAttributes = new DictionaryMapColumn();
  readonly #resourceTypes = new LowCardinalityColumn();
  readonly #resourceDropped = new FixedColumn("UInt32", 4);
  readonly #resourceSchemaUrl = new LowCardinalityColumn();
  readonly #scopeName = new LowCardinalityColumn();
  readonly #scopeVersion = new LowCardinalityColumn();
  readonly #scopeAttributes = new MapColumn();
  readonly #scopeTypes = new LowCardinalityColumn();
  readonly #scopeDropped = new FixedColumn("UInt32", 4);
  readonly #scopeSchemaUrl = new LowCardinalityColumn();
  readonly #resourceWriter = new AttributeWriter({ values: this.#resourceAttributes, types: this.#resourceTypes });
  readonly #scopeWriter = new AttributeWriter({ values: this.#scopeAttributes, types: this.#scopeTypes });
  #resource: Ranges = [];
  #resourceUrl: Ranges = [];
  #scope: Ranges = [];
  #scopeUrl: Ranges = [];
  /** Resources by their bytes: a Collector sends a few of them again and again. */
  readonly #known = new Dictionary();
  // a known resource --> the first row that has it, and its service
  readonly #rows: number[] = [];
  readonly #services: string[] = [];
  #resourceIsNew = false;
  #scopeIsNew = false;
  /** Of the resource in use. */
  service = "";
  /** Rows that are the last one again and not yet written. */
  #repeated = 0;

  readonly columns: Readonly<Record<string, Column>> = {
    ServiceName: this.#serviceName,
    ResourceAttributes: this.#resourceAttributes,
    ResourceAttributesTypes: this.#resourceTypes,
    ResourceDroppedAttributesCount: this.#resourceDropped,
    ResourceSchemaUrl: this.#resourceSchemaUrl,
    ScopeName: this.#scopeName,
    ScopeVersion: this.#scopeVersion,
    ScopeAttributes: this.#scopeAttributes,
    ScopeAttributesTypes: this.#scopeTypes,
    ScopeDroppedAttributesCount: this.#scopeDropped,
    ScopeSchemaUrl: this.#scopeSchemaUrl,
  };

  useResource(resource: Ranges, schemaUrl: Ranges): void {
    this.#resource = resource;
    this.#resourceUrl = schemaUrl;
    this.#resourceIsNew = true;
  }

  useScope(scope: Ranges, schemaUrl: Ranges): void {
    this.#scope = scope;
    this.#scopeUrl = schemaUrl;
    this.#scopeIsNew = true;
  }

  /** Adds the row of one record under the resource and scope in use. The columns have it after `settle`. */
  addRow(reader: Reader): void {
    if (!this.#resourceIsNew && !this.#scopeIsNew) {
      this.#repeated++;
      return;
    }
    if (this.#serviceName.rows === 0) this.#begin();
    this.settle();
    const position = reader.position;
    if (this.#resourceIsNew) this.#addResource(reader);
    else this.#repeatResource(1);
    if (this.#scopeIsNew) this.#writeScope(reader);
    else this.#repeatScope(1);
    this.#resourceIsNew = false;
    this.#scopeIsNew = false;
    reader.position = position;
  }

  /** Writes what rows repeat: call before the columns are used. */
  settle(): void {
    if (this.#repeated === 0) return;
    this.#repeatResource(this.#repeated);
    this.#repeatScope(this.#repeated);
    this.#repeated = 0;
  }

  /** Nothing was written yet, or the columns were reset. */
  #begin(): void {
    this.#known.reset();
    this.#rows.length = 0;
    this.#services.length = 0;
    this.#repeated = 0;
  }

  #addResource(reader: Reader): void {
    addRange(this.#resourceSchemaUrl, reader, this.#resourceUrl);
    const [start = 0, end = 0, ...pieces] = this.#resource;
    if (pieces.length > 0) return this.#writeResource(reader);
    const known = this.#known.find(reader, start, end);
    const row = this.#rows[known];
    if (row === undefined) {
      this.#rows[known] = this.#serviceName.rows;
      this.#writeResource(reader);
      this.#services[known] = this.service;
    } else {
      this.service = this.#services[known]!;
      this.#serviceName.again(row);
      this.#resourceAttributes.again(row);
      this.#resourceTypes.again(row);
      this.#resourceDropped.again(row);
    }
  }

  #writeResource(reader: Reader): void {
    const { values } = this.#resourceAttributes;
    let dropped = 0;
    let service = -1;
    eachField(reader, this.#resource, (tag) => {
      if (tag === RESOURCE_ATTRIBUTE) {
        const valueAt = values.values.length;
        const end = reader.lengthEnd();
        const isService = service < 0 && startsWithKey(reader, SERVICE_NAME);
        this.#resourceWriter.add(reader, end);
        if (isService) service = valueAt;
      } else if (tag === RESOURCE_DROPPED) dropped = reader.uint32();
      else reader.skip(tag);
    });
    this.#addService(service);
    this.#resourceWriter.endRow();
    this.#resourceDropped.values.u32(dropped);
  }

  /** Copies the service's name from where it was just written among the attribute values. */
  #addService(valueAt: number): void {
    if (valueAt < 0) {
      this.service = "";
      return this.#serviceName.addEmpty();
    }
    const { values } = this.#resourceAttributes;
    const [start, end] = values.textAt(valueAt);
    this.service = values.values.bytes.toString("utf8", start, end);
    this.#serviceName.add(values.values, start, end);
  }

  #repeatResource(times: number): void {
    this.#serviceName.repeat(times);
    this.#resourceWriter.repeatRow(times);
    this.#resourceDropped.repeat(times);
    this.#resourceSchemaUrl.repeat(times);
  }

  #writeScope(reader: Reader): void {
    const name: Ranges = [];
    const version: Ranges = [];
    let dropped = 0;
    eachField(reader, this.#scope, (tag) => {
      if (tag === SCOPE_NAME) takeRange(reader, name);
      else if (tag === SCOPE_VERSION) takeRange(reader, version);
      else if (tag === SCOPE_ATTRIBUTE) this.#scopeWriter.add(reader, reader.lengthEnd());
      else if (tag === SCOPE_DROPPED) dropped = reader.uint32();
      else reader.skip(tag);
    });
    this.#scopeName.add(reader, name[0] ?? 0, name[1] ?? 0);
    this.#scopeVersion.add(reader, version[0] ?? 0, version[1] ?? 0);
    this.#scopeWriter.endRow();
    this.#scopeDropped.values.u32(dropped);
    addRange(this.#scopeSchemaUrl, reader, this.#scopeUrl);
  }

  #repeatScope(times: number): void {
    this.#scopeName.repeat(times);
    this.#scopeVersion.repeat(times);
    this.#scopeWriter.repeatRow(times);
    this.#scopeDropped.repeat(times);
    this.#scopeSchemaUrl.repeat(times);
  }
}

/** Calls `visit` with the tag of every field in every piece of a message; `visit` must move past the value. */
export function eachField(reader: Reader, ranges: Ranges, visit: (tag: number) => void): void {
  for (let i = 0; i < ranges.length; i += 2) {
    reader.position = ranges[i]!;
    const end = ranges[i + 1]!;
    while (reader.position < end) visit(reader.varint());
  }
}

function addRange(column: LowCardinalityColumn, reader: Reader, [start = 0, end = 0]: Ranges): void {
  column.add(reader, start, end);
}

/** Whether the KeyValue that the reader stands at begins with this key, as writers order it. */
function startsWithKey(reader: Reader, key: Uint8Array): boolean {
  const { bytes, position } = reader;
  if (bytes[position] !== 10 || bytes[position + 1] !== key.length) return false;
  for (let i = 0; i < key.length; i++) if (bytes[position + 2 + i] !== key[i]) return false;
  return true;
}
