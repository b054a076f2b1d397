/**
 * A resource is a pile of layers, the later ones more important: what it says is worked out from those that
 * are known so far, and worked out again when a layer that was waited for has arrived.
 */
import type { AnyValue } from "../common/any-value.ts";
import { contradicts, type Entity, entityAttributes, mergeEntities } from "./entity.ts";

export interface ResourceLayer {
  readonly attributes: Readonly<Record<string, AnyValue>>;
  readonly entities: readonly Entity[];
  readonly schemaUrl: string | undefined;
}

/** What layers say together. */
export interface ResolvedResource extends ResourceLayer {
  /** The attributes that belong to no entity. */
  readonly unassociated: Readonly<Record<string, AnyValue>>;
}

const EMPTY: ResolvedResource = { attributes: {}, unassociated: {}, entities: [], schemaUrl: undefined };

export function resolveLayers(layers: readonly ResourceLayer[]): ResolvedResource {
  return layers.reduce<ResolvedResource>(mergeLayer, EMPTY);
}

/** Source: specification, resource "Merge", and the data model's "Merging Resources" where there are entities. */
function mergeLayer(old: ResolvedResource, layer: ResourceLayer): ResolvedResource {
  const schemaUrl = mergedSchemaUrl(old.schemaUrl, layer.schemaUrl);
  if (old.entities.length === 0 && layer.entities.length === 0) {
    const attributes = { ...old.attributes, ...layer.attributes };
    return { attributes, unassociated: attributes, entities: [], schemaUrl };
  }
  const kept = old.entities.filter((entity) => !contradicts(entity, layer.attributes));
  const entities = mergeEntities(kept, layer.entities);
  const owned: Record<string, AnyValue> = Object.assign({}, ...entities.map(entityAttributes));
  const loose = Object.entries({ ...old.unassociated, ...layer.attributes }).filter(([key]) => !(key in owned));
  const unassociated = Object.fromEntries(loose);
  return {
    attributes: { ...unassociated, ...owned },
    unassociated,
    entities,
    schemaUrl: layer.entities.length === 0 ? schemaUrl : commonSchemaUrl(entities),
  };
}

/** One that is empty gives way; two that differ leave none. */
function mergedSchemaUrl(old: string | undefined, updating: string | undefined): string | undefined {
  if (old && updating && old !== updating) return undefined;
  return updating || old || undefined;
}

function commonSchemaUrl(entities: readonly Entity[]): string | undefined {
  const urls = new Set(entities.map(({ schemaUrl }) => schemaUrl));
  return urls.size === 1 ? [...urls][0] : undefined;
}
