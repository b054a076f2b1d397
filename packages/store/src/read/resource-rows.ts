/** The resource and scope of a row, back in OTLP/JSON. Columns: `transcode/resource-columns.ts`. */
import { attributesOf, type JsonKeyValue } from "./attribute-values.ts";

/** A map as the engine writes it: with its order and repeated keys. */
export type Pairs = readonly (readonly [string, string])[];

export const RESOURCE_COLUMNS = [
  "ResourceAttributes",
  "ResourceAttributesTypes",
  "ResourceDroppedAttributesCount",
  "ResourceSchemaUrl",
  "ScopeName",
  "ScopeVersion",
  "ScopeAttributes",
  "ScopeAttributesTypes",
  "ScopeDroppedAttributesCount",
  "ScopeSchemaUrl",
] as const;

export const RESOURCE_SELECT: string = RESOURCE_COLUMNS.join(", ");

export type ResourceRow = readonly [Pairs, string, number, string, string, string, Pairs, string, number, string];

export const RESOURCE_COLUMN_COUNT: number = RESOURCE_COLUMNS.length;

export interface JsonResource {
  readonly attributes: readonly JsonKeyValue[];
  readonly droppedAttributesCount?: number;
}

export interface JsonScope {
  readonly name?: string;
  readonly version?: string;
  readonly attributes?: readonly JsonKeyValue[];
  readonly droppedAttributesCount?: number;
}

export interface ResourceAndScope {
  readonly resource: JsonResource;
  readonly resourceSchemaUrl: string;
  readonly scope: JsonScope;
  readonly scopeSchemaUrl: string;
}

export function resourceAndScopeOf(row: ResourceRow): ResourceAndScope {
  const [
    attributes,
    types,
    dropped,
    schemaUrl,
    name,
    version,
    scopeAttributes,
    scopeTypes,
    scopeDropped,
    scopeSchemaUrl,
  ] = row;
  return {
    resource: { attributes: attributesOf(attributes, types), ...unlessZero("droppedAttributesCount", dropped) },
    resourceSchemaUrl: schemaUrl,
    scope: {
      ...unlessEmpty("name", name),
      ...unlessEmpty("version", version),
      ...(scopeAttributes.length === 0 ? {} : { attributes: attributesOf(scopeAttributes, scopeTypes) }),
      ...unlessZero("droppedAttributesCount", scopeDropped),
    },
    scopeSchemaUrl,
  };
}

/** A property that OTLP/JSON leaves out at its default. */
export function unlessEmpty<Name extends string>(name: Name, text: string): { readonly [K in Name]?: string } {
  return text === "" ? {} : ({ [name]: text } as { readonly [K in Name]: string });
}

export function unlessZero<Name extends string>(name: Name, count: number): { readonly [K in Name]?: number } {
  return count === 0 ? {} : ({ [name]: count } as { readonly [K in Name]: number });
}

/**
 * Puts records under their resources and scopes, in the order of first appearance, as
 * `resourceX[].scopeX[].records[]` has it.
 */
export function nestByResource<Item, Out>(
  items: readonly { readonly row: ResourceRow; readonly item: Item }[],
  build: (
    parts: ResourceAndScope,
    scopes: readonly { readonly parts: ResourceAndScope; readonly items: readonly Item[] }[],
  ) => Out,
): Out[] {
  const resources = new Map<string, Map<string, { parts: ResourceAndScope; items: Item[] }>>();
  for (const { row, item } of items) {
    const resourceKey = JSON.stringify(row.slice(0, 4));
    const scopeKey = JSON.stringify(row.slice(4));
    let scopes = resources.get(resourceKey);
    if (scopes === undefined) resources.set(resourceKey, (scopes = new Map()));
    let scope = scopes.get(scopeKey);
    if (scope === undefined) scopes.set(scopeKey, (scope = { parts: resourceAndScopeOf(row), items: [] }));
    scope.items.push(item);
  }
  return [...resources.values()].map((scopes) => {
    const list = [...scopes.values()];
    return build(list[0]!.parts, list);
  });
}
