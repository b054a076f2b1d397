/** What makes data points one stream: the same resource, scope, metric and attributes. */
import { dataOf, valueBytes, type AttributesView, type MessageView } from "@clew/otlp";

/** Part of a key that all points of a metric share. `around` are the ResourceMetrics and ScopeMetrics. */
export function metricKey(metric: MessageView, scope: MessageView, resource: MessageView): string {
  const data = dataOf(metric);
  const inner = data === undefined ? undefined : metric.one(data);
  const kind = data === "sum" ? `${data} ${String(inner?.get("isMonotonic"))}` : (data ?? "");
  const { name, version } = { name: scope.one("scope").get("name"), version: scope.one("scope").get("version") };
  const ownAttributes = attributesKey(scope.one("scope").attributes());
  return [
    attributesKey(resource.one("resource").attributes()),
    name,
    version,
    ownAttributes,
    metric.get("name"),
    metric.get("unit"),
    kind,
  ].join("\0");
}

/** The key of a data point of that metric. */
export function pointKey(metric: string, point: MessageView): string {
  return `${metric}\0${attributesKey(point.attributes())}`;
}

/** The same for the same attributes in whichever order. */
export function attributesKey(attributes: AttributesView): string {
  if (attributes.size === 0) return "";
  const parts = [...attributes].map(([key, value]) => {
    return `${key}=${typeof value === "string" ? value : Buffer.from(valueBytes(value)).toString("latin1")}`;
  });
  return parts.sort().join("\u0001");
}
