/** Attributes as Prometheus's labels. */
import type { AnyValueObject, KeyValueObject, ResourceObject, ScopeObject } from "@clew/otlp";
import type { Naming } from "./naming.ts";

/** Labels by name, in no order. */
export type LabelMap = Map<string, string>;

/** What `job` and `instance` are made of. */
export const IDENTIFYING: ReadonlySet<string> = new Set(["service.namespace", "service.name", "service.instance.id"]);

/** Attributes of a scope that would be taken for what the scope itself says. */
const RESERVED_SCOPE_ATTRIBUTES: ReadonlySet<string> = new Set(["name", "version", "schema_url"]);

/** Attributes whose names become the same share a label, their different values joined by `;` in the order of their keys. Empty ones are left out. */
export function attributeLabels(attributes: readonly KeyValueObject[], naming: Naming, prefix = ""): LabelMap {
  const labels: LabelMap = new Map();
  for (const { key, value } of attributes) {
    const name = naming.label(prefix + key);
    const text = name === "" || value === undefined ? "" : textOf(value);
    if (text === "") continue;
    if (labels.has(name)) return joinedLabels(attributes, naming, prefix);
    labels.set(name, text);
  }
  return labels;
}

function joinedLabels(attributes: readonly KeyValueObject[], naming: Naming, prefix: string): LabelMap {
  const labels: LabelMap = new Map();
  for (const { key, value } of [...attributes].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const name = naming.label(prefix + key);
    const text = name === "" || value === undefined ? "" : textOf(value);
    if (text === "") continue;
    const before = labels.get(name);
    labels.set(name, before === undefined || before === text ? text : `${before};${text}`);
  }
  return labels;
}

/** The point's attributes and those of the resource that go before them. */
export function joinedAttributes(
  point: readonly KeyValueObject[],
  resource: readonly KeyValueObject[],
): readonly KeyValueObject[] {
  if (resource.length === 0) return point;
  const keys = new Set(resource.map(({ key }) => key));
  return [...point.filter(({ key }) => !keys.has(key)), ...resource];
}

/** `job` from `service.namespace` and `service.name`, `instance` from `service.instance.id`. */
export function targetLabels(resource: ResourceObject | undefined): LabelMap {
  const text = (key: string): string => {
    const value = resource?.attributes.find((attribute) => attribute.key === key)?.value;
    return value === undefined ? "" : textOf(value);
  };
  const [namespace, name, instance] = [text("service.namespace"), text("service.name"), text("service.instance.id")];
  const labels: LabelMap = new Map();
  if (name !== "") labels.set("job", namespace === "" ? name : `${namespace}/${name}`);
  if (instance !== "") labels.set("instance", instance);
  return labels;
}

/** The resource's other attributes, which `target_info` shows. */
export function infoLabels({ attributes }: ResourceObject, naming: Naming): LabelMap {
  return attributeLabels(
    attributes.filter(({ key }) => !IDENTIFYING.has(key)),
    naming,
  );
}

export function scopeLabels(scope: ScopeObject | undefined, naming: Naming, schemaUrl = ""): LabelMap {
  if (scope === undefined) return new Map();
  const attributes = scope.attributes.filter(({ key }) => !RESERVED_SCOPE_ATTRIBUTES.has(key));
  const labels = attributeLabels(attributes, naming, "otel_scope_");
  if (scope.name !== "") labels.set("otel_scope_name", scope.name);
  if (scope.version !== "") labels.set("otel_scope_version", scope.version);
  if (schemaUrl !== "") labels.set("otel_scope_schema_url", schemaUrl);
  return labels;
}

/** By name, as every Prometheus client prints them, without those that are empty: empty and absent are the same. */
export function sortedLabels(labels: LabelMap): [string, string][] {
  return [...labels].filter(([, value]) => value !== "").sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The same, names and values by turns. */
export function flatLabels(labels: LabelMap): string[] {
  const flat: string[] = [];
  for (const name of [...labels.keys()].sort()) {
    const value = labels.get(name)!;
    if (value !== "") flat.push(name, value);
  }
  return flat;
}

/** Text as it is, numbers in decimals, the rest as JSON. */
function textOf(value: AnyValueObject): string {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.intValue !== undefined) return value.intValue.toString();
  const plain = plainOf(value);
  return typeof plain === "string" ? plain : (JSON.stringify(plain) ?? "");
}

function plainOf(value: AnyValueObject | undefined): unknown {
  if (value === undefined) return null;
  if (value.intValue !== undefined)
    return Number.isSafeInteger(Number(value.intValue)) ? Number(value.intValue) : String(value.intValue);
  if (value.bytesValue !== undefined) return Buffer.from(value.bytesValue).toString("base64");
  if (value.arrayValue !== undefined) return value.arrayValue.values.map((item) => plainOf(item));
  if (value.kvlistValue !== undefined) {
    return Object.fromEntries(value.kvlistValue.values.map((item) => [item.key, plainOf(item.value)]));
  }
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null;
}
