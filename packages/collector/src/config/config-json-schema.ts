import type { Registry } from "../registry.ts";
import { definitions, jsonSchemaOf } from "../schema/json-schema.ts";
import type { JsonSchema, Schema } from "../schema/schema.ts";
import { serviceSchema } from "./service-config.ts";

interface Typed {
  readonly type: string;
  readonly alias?: string;
  readonly schema: Schema<unknown>;
}

/** A JSON Schema of the whole configuration, with every component of the registry. */
export function configJsonSchema(registry: Registry): JsonSchema {
  const sections = Object.entries(registry).map(([section, factories]) => [
    section,
    { description: `The ${section} by id: type, or type/name.`, ...sectionOf(factories as readonly Typed[]) },
  ]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "OpenTelemetry Collector configuration",
    type: "object",
    properties: { ...Object.fromEntries(sections), service: jsonSchemaOf(serviceSchema) },
    additionalProperties: false,
    $defs: definitions,
  };
}

function sectionOf(factories: readonly Typed[]): JsonSchema {
  const patterns = factories.flatMap(({ type, alias, schema }) => {
    const json = jsonSchemaOf(schema);
    return [type, ...(alias === undefined ? [] : [alias])].map((name) => [`^${name}(/.+)?$`, json]);
  });
  const object = { type: "object", patternProperties: Object.fromEntries(patterns), additionalProperties: false };
  return { anyOf: [object, { type: "null" }] };
}
