/** Attributes as Prometheus's labels. */
import {
  prometheusLabelName,
  type AnyValueObject,
  type KeyValueObject,
  type ResourceObject,
  type ScopeObject,
} from "@clew/otlp";

export type Labels = Readonly<Record<string, string>>;

/** Attributes whose names become the same share a label, their values joined by `;` in the order of the names. */
export function labelsOf(attributes: readonly KeyValueObject[], prefix = ""): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const { key, value } of [...attributes].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const name = prometheusLabelName(prefix + key);
    if (name === "" || value === undefined) continue;
    const text = textOf(value);
    labels[name] = labels[name] === undefined ? text : `${labels[name]};${text}`;
  }
  return labels;
}

/** `job` from `service.namespace` and `service.name`, `instance` from `service.instance.id`. */
export function targetLabels(resource: ResourceObject | undefined): Record<string, string> {
  const text = (key: string): string => {
    const value = resource?.attributes.find((attribute) => attribute.key === key)?.value;
    return value === undefined ? "" : textOf(value);
  };
  const [namespace, name, instance] = [text("service.namespace"), text("service.name"), text("service.instance.id")];
  const job = namespace === "" || name === "" ? name : `${namespace}/${name}`;
  return { ...(job === "" ? {} : { job }), ...(instance === "" ? {} : { instance }) };
}

/** The resource's other attributes, which `target_info` shows. */
export function infoLabels(resource: ResourceObject): Record<string, string> {
  const identifying = new Set(["service.namespace", "service.name", "service.instance.id"]);
  return labelsOf(resource.attributes.filter(({ key }) => !identifying.has(key)));
}

export function scopeLabels(scope: ScopeObject | undefined, schemaUrl: string): Record<string, string> {
  if (scope === undefined) return {};
  return {
    ...labelsOf(scope.attributes, "otel_scope_"),
    ...(scope.name === "" ? {} : { otel_scope_name: scope.name }),
    ...(scope.version === "" ? {} : { otel_scope_version: scope.version }),
    ...(schemaUrl === "" ? {} : { otel_scope_schema_url: schemaUrl }),
  };
}

/** By name, as every Prometheus client prints them, without those that are empty: empty and absent are the same. */
export function sorted(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels)
      .filter(([, value]) => value !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Text as it is, numbers in decimals, the rest as JSON. */
function textOf(value: AnyValueObject): string {
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
