/** JSON Schema from our schemas, so that editors check and complete configurations. */
import type { Field, JsonSchema, Schema } from "./schema.ts";

/** Any setting may be a reference to something outside: `${env:NAME}`. */
const REFERENCE: JsonSchema = { $ref: "#/$defs/reference" };

export const definitions: JsonSchema = {
  reference: {
    type: "string",
    pattern: "\\$\\{.+\\}",
    description: "A reference, expanded when the collector starts.",
  },
};

export function jsonSchemaOf(schema: Schema<unknown>): JsonSchema {
  if (schema.fields !== undefined) return orNothing(objectOf(schema.fields));
  if (schema.item !== undefined && schema.type.startsWith("list"))
    return orNothing({ type: "array", items: jsonSchemaOf(schema.item) });
  if (schema.item !== undefined) return orNothing({ type: "object", additionalProperties: jsonSchemaOf(schema.item) });
  const { json } = schema;
  if (json === undefined) return {};
  return json["type"] === "string" ? json : { anyOf: [json, REFERENCE] };
}

/** Sections, lists and maps may be left empty. */
function orNothing(json: JsonSchema): JsonSchema {
  return { anyOf: [json, { type: "null" }, REFERENCE] };
}

function objectOf(fields: Readonly<Record<string, Field<unknown>>>): JsonSchema {
  const properties = Object.entries(fields).map(([key, { schema, fallback, doc }]) => {
    const shown = fallback === undefined || fallback === "" ? {} : { default: fallback };
    return [key, { description: doc, ...shown, ...jsonSchemaOf(schema) }];
  });
  return { type: "object", properties: Object.fromEntries(properties), additionalProperties: false };
}
