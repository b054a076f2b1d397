/** OTLP/JSON in one spelling, to compare what was sent with what readers give back. */
import type { Message } from "../../otlp/src/schema/message.ts";
import { encode, toJson } from "@clew/otlp";

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read into it by field names
export type Json = any;

/** What goes over the wire of an object, as OTLP/JSON. */
export function sentJson(request: Message, object: object): Json {
  return toJson(request, encode(request, object));
}

export function canonicalAttributes(attributes: Json = []): Json {
  return attributes.map(({ key = "", value }: Json) => ({ key, value: canonicalValue(value) }));
}

export function canonicalValue(value: Json = {}): Json {
  if (value.arrayValue !== undefined)
    return { arrayValue: { values: (value.arrayValue.values ?? []).map(canonicalValue) } };
  if (value.kvlistValue !== undefined)
    return { kvlistValue: { values: canonicalAttributes(value.kvlistValue.values) } };
  return value;
}

/** Entity references are not kept. */
export function canonicalResource({ attributes, droppedAttributesCount = 0 }: Json = {}): Json {
  return { attributes: canonicalAttributes(attributes), droppedAttributesCount };
}

export function canonicalScope({ name = "", version = "", attributes, droppedAttributesCount = 0 }: Json = {}): Json {
  return { name, version, attributes: canonicalAttributes(attributes), droppedAttributesCount };
}

/** Each record with the resource and scope that it stands under; `names` are the lists' from the outside in. */
export function flattened(resources: Json = [], [scopes, records]: readonly [string, string]): Json[] {
  return resources.flatMap(({ resource, schemaUrl: resourceSchemaUrl = "", [scopes]: scopeList = [] }: Json) =>
    scopeList.flatMap(({ scope, schemaUrl: scopeSchemaUrl = "", [records]: recordList = [] }: Json) =>
      recordList.map((record: Json) => ({
        resource: canonicalResource(resource),
        resourceSchemaUrl,
        scope: canonicalScope(scope),
        scopeSchemaUrl,
        record,
      })),
    ),
  );
}

/** By the text of a key. */
export function sortedBy(items: readonly Json[], key: (item: Json) => string): Json[] {
  return items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
