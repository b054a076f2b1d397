/** Records as flat text, so that two versions of one can be compared setting by setting. */
import { payloadBytes, PROTOCOLS, toJson, type Payload, type Signal } from "@clew/otlp";

/** A span, data point or log record with all that stands around it: path --> value. */
export interface FlatRecord {
  /** What makes it the same record before and after a change. */
  readonly identity: string;
  /** What mostly stays too: it tells those of one identity apart. */
  readonly likeness: string;
  /** For people: its name. */
  readonly name: string;
  readonly settings: ReadonlyMap<string, string>;
}

type Json = Record<string, unknown>;

const NAMES: Readonly<Record<Signal, readonly [string, string, string]>> = {
  traces: ["resourceSpans", "scopeSpans", "spans"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
};
const DATA = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"];

export function flatRecords(payload: Payload): FlatRecord[] {
  const { signal } = payload;
  const root = toJson(PROTOCOLS[signal].request, payloadBytes(payload));
  const [resources, scopes, records] = NAMES[signal];
  const flat: FlatRecord[] = [];
  for (const resource of listOf(root, resources)) {
    for (const scope of listOf(resource, scopes)) {
      for (const record of listOf(scope, records)) {
        const around = { resource: resource["resource"], scope: scope["scope"] };
        for (const one of signal === "metrics" ? pointsOf(record) : [record])
          flat.push(flatRecord(signal, one, around));
      }
    }
  }
  return flat;
}

function pointsOf(metric: Json): Json[] {
  const { name, unit, description } = metric;
  return DATA.flatMap((data) => {
    const inner = metric[data] as Json | undefined;
    if (inner === undefined) return [];
    const { dataPoints: _points, ...rest } = inner;
    return listOf(inner, "dataPoints").map((point) => ({ name, unit, description, data, ...rest, ...point }));
  });
}

function flatRecord(signal: Signal, record: Json, around: Json): FlatRecord {
  const settings = new Map<string, string>();
  flatten(around, "", settings);
  flatten(record, "", settings);
  const text = (key: string): string => settings.get(key) ?? "";
  const name = text(signal === "logs" ? "body" : "name");
  if (signal === "traces") return { identity: `${text("traceId")} ${text("spanId")}`, likeness: "", name, settings };
  if (signal === "logs")
    return { identity: `${text("timeUnixNano")} ${text("observedTimeUnixNano")}`, likeness: name, name, settings };
  const attributes = Array.from(settings).filter(([path]) => path.startsWith("attributes["));
  const identity = `${name} ${text("startTimeUnixNano")} ${text("timeUnixNano")}`;
  return { identity, likeness: JSON.stringify(attributes), name, settings };
}

/** Attributes by their keys, everything else by its name. */
function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) {
      const key = (one as Json | null)?.["key"];
      if (typeof key === "string") into.set(`${path}["${key}"]`, anyText((one as Json)["value"]));
      else flatten(one, `${path}[${i}]`, into);
    }
  } else if (path.endsWith("body")) into.set(path, anyText(value));
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path === "" ? key : `${path}.${key}`, into);
  } else if (value !== undefined) into.set(path, plainText(value));
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** An AnyValue as short as it can be told. */
function anyText(value: unknown): string {
  const entries = Object.entries((value ?? {}) as Json);
  const [kind, inner] = entries[0] ?? ["", null];
  return kind === "stringValue" ? JSON.stringify(inner) : plainText(inner);
}

function listOf(object: Json, key: string): Json[] {
  return (object[key] ?? []) as Json[];
}
