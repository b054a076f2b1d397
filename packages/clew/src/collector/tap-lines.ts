/** A line of OTLP/JSON as lines for people: one a span, data point or log record. */

type Json = Record<string, unknown>;

const NAMES = [
  ["resourceSpans", "scopeSpans", "spans"],
  ["resourceMetrics", "scopeMetrics", "metrics"],
  ["resourceLogs", "scopeLogs", "logRecords"],
] as const;

/** Text that ends in a line break. */
export function tapLines(line: string): string {
  const root = JSON.parse(line) as Json;
  if (typeof root["passedOver"] === "number")
    return `… ${root["passedOver"]} items were passed over: too many at once\n`;
  let text = "";
  for (const [resources, scopes, records] of NAMES) {
    for (const resource of list(root[resources])) {
      const service = attributes((resource["resource"] as Json | undefined)?.["attributes"]).get("service.name") ?? "-";
      for (const scope of list(resource[scopes])) {
        for (const record of list(scope[records])) text += `${service}  ${recordText(record)}\n`;
      }
    }
  }
  return text;
}

function recordText(record: Json): string {
  const pairs = [...attributes(record["attributes"])].map(([key, value]) => `${key}=${value}`).join(" ");
  if (record["spanId"] !== undefined && record["startTimeUnixNano"] !== undefined) {
    const nanos = BigInt(textOf(record["endTimeUnixNano"] ?? 0)) - BigInt(textOf(record["startTimeUnixNano"]));
    return `${textOf(record["name"])}  ${Number(nanos) / 1e6} ms  ${textOf(record["traceId"])}  ${pairs}`;
  }
  if (record["name"] !== undefined) return `${textOf(record["name"])}  ${pointsText(record)}`;
  return `${textOf(record["severityText"] ?? "")}  ${valueText(record["body"])}  ${pairs}`;
}

function pointsText(metric: Json): string {
  const data = Object.values(metric).find((one) => Array.isArray((one as Json | null)?.["dataPoints"])) as
    | Json
    | undefined;
  return list(data?.["dataPoints"])
    .map((point) => {
      const pairs = [...attributes(point["attributes"])].map(([key, value]) => `${key}=${value}`).join(",");
      const value =
        point["asInt"] ?? point["asDouble"] ?? `count ${textOf(point["count"])} sum ${textOf(point["sum"])}`;
      return `{${pairs}} ${textOf(value)}`;
    })
    .join("  ");
}

function attributes(raw: unknown): Map<string, string> {
  return new Map(list(raw).map(({ key, value }) => [textOf(key), valueText(value)]));
}

function valueText(value: unknown): string {
  const [inner] = Object.values((value ?? {}) as Json);
  return textOf(inner ?? "");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function list(raw: unknown): Json[] {
  return Array.isArray(raw) ? (raw as Json[]) : [];
}
