/** What a resource is made of: a service, a host, a container. Source: specification, "Entity Data Model". */
import type { AnyValue } from "../common/any-value.ts";

type Attributes = Readonly<Record<string, AnyValue>>;

export interface Entity {
  /** Such as `service` or `host`. */
  readonly type: string;
  /** The attributes that identify it; at least one. */
  readonly id: Attributes;
  /** What else is known of it. */
  readonly description: Attributes;
  readonly schemaUrl?: string;
}

/**
 * The entities of a resource after `added` (the more important first) came to them. One that contradicts what
 * is there is left out. Source: specification, "Merging Entities into a Resource".
 */
export function mergeEntities(existing: readonly Entity[], added: readonly Entity[]): readonly Entity[] {
  const merged = [...existing];
  for (const entity of added) {
    const at = merged.findIndex(({ type }) => type === entity.type);
    const same = merged[at];
    if (same === undefined) merged.push(entity);
    else if (isSameEntity(same, entity)) {
      merged[at] = { ...same, description: { ...same.description, ...entity.description } };
    }
  }
  return merged.filter((entity, at) => !merged.slice(0, at).some((earlier) => sharesKey(earlier, entity)));
}

/** All attributes of an entity. */
export function entityAttributes({ id, description }: Entity): Attributes {
  return { ...description, ...id };
}

/** Whether the entity says something else than these attributes do. */
export function contradicts(entity: Entity, attributes: Attributes): boolean {
  return Object.entries(entityAttributes(entity)).some(
    ([key, value]) => key in attributes && JSON.stringify(attributes[key]) !== JSON.stringify(value),
  );
}

/** Whether both have the same type and the same identity, and mean the same by their names. */
function isSameEntity(left: Entity, right: Entity): boolean {
  if (left.type !== right.type || left.schemaUrl !== right.schemaUrl) return false;
  const keys = Object.keys(left.id);
  return keys.length === Object.keys(right.id).length && keys.every((key) => left.id[key] === right.id[key]);
}

/** A key of the flat attributes can belong to one entity only. */
function sharesKey(left: Entity, right: Entity): boolean {
  const attributes = entityAttributes(left);
  return Object.keys(entityAttributes(right)).some((key) => key in attributes);
}
