/**
 * Reads `OTEL_ENTITIES`: `type{id=…,…}[description=…,…]@schema_url;…`.
 * Source: specification, "Entity Propagation".
 */
import { diag } from "@opentelemetry/api";
import { type Environment, readText } from "../config/environment.ts";
import { contradicts, type Entity } from "./entity.ts";
import { type Resource, resourceFromAttributes } from "./resource.ts";

const NAME = "OTEL_ENTITIES";
const DEFINITION = /^([a-zA-Z][a-zA-Z0-9._-]*)\{([^{}[\]@]*)\}(?:\[([^{}[\]@]*)\])?(?:@(.*))?$/;
const KEY = /^[a-zA-Z][a-zA-Z0-9._-]*$/;

/** What is malformed is warned about and left out; the rest is used. */
export function resourceFromEntityEnvironment(env: Environment): Resource {
  return resourceFromAttributes({}, { entities: entitiesFromEnvironment(env) });
}

function entitiesFromEnvironment(env: Environment): readonly Entity[] {
  const entities: Entity[] = [];
  for (const definition of (readText(env, NAME) ?? "").split(";")) {
    if (definition.trim() === "") continue;
    const entity = parseEntity(definition.trim());
    if (entity !== undefined) add(entities, entity);
  }
  return entities;
}

function parseEntity(definition: string): Entity | undefined {
  const [, type, id, description, schemaUrl] = DEFINITION.exec(definition) ?? [];
  const idPairs = id === undefined ? undefined : parsePairs(id);
  const descriptionPairs = parsePairs(description ?? "");
  if (type === undefined || idPairs === undefined || descriptionPairs === undefined) {
    warn(definition, "expected type{id=value}[key=value]@schema_url");
    return undefined;
  }
  if (Object.keys(idPairs).length === 0) {
    warn(definition, "expected at least one identifying attribute");
    return undefined;
  }
  const url = validUrl(definition, schemaUrl);
  return { type, id: idPairs, description: descriptionPairs, ...(url !== undefined && { schemaUrl: url }) };
}

/** The last definition of a type is the one that counts, and the last value of an attribute. */
function add(entities: Entity[], entity: Entity): void {
  const at = entities.findIndex(({ type }) => type === entity.type);
  if (at >= 0) {
    diag.warn(`${NAME}: the entity ${entity.type} is there more than once, the last is used`);
    entities.splice(at, 1);
  }
  for (const [index, earlier] of entities.entries()) {
    if (!contradicts(earlier, entity.description)) continue;
    diag.warn(`${NAME}: ${earlier.type} and ${entity.type} differ in an attribute, which is then of the latter only`);
    entities[index] = { ...earlier, description: without(earlier.description, entity.description) };
  }
  entities.push(entity);
}

function without(description: Entity["description"], taken: Entity["description"]): Entity["description"] {
  return Object.fromEntries(Object.entries(description).filter(([key]) => !(key in taken)));
}

/** `undefined` when a pair is malformed. */
function parsePairs(text: string): Record<string, string> | undefined {
  const pairs: [string, string][] = [];
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const at = part.indexOf("=");
    const key = part.slice(0, Math.max(at, 0)).trim();
    const value = part.slice(at + 1).trim();
    if (!KEY.test(key) || value.includes("=")) return undefined;
    pairs.push([key, decoded(value)]);
  }
  return Object.fromEntries(pairs);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function validUrl(definition: string, url: string | undefined): string | undefined {
  if (url === undefined || url === "") return undefined;
  if (URL.canParse(url)) return url;
  warn(definition, `the schema URL ${JSON.stringify(url)} is none, and left out`);
  return undefined;
}

function warn(definition: string, problem: string): void {
  diag.warn(`${NAME}: ${JSON.stringify(definition)}: ${problem}`);
}
