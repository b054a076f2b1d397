import type { Payload } from "../payload.ts";
import type { Message } from "../schema/message.ts";
import { PROTOCOLS, type Signal } from "../signal.ts";
import type { Counts } from "../validate.ts";
import { MessageView } from "./message-view.ts";

/** What the repeated fields of each signal's messages are called, from the request down to spans, metrics or log records. */
const NAMES: Readonly<Record<Signal, { resources: string; scopes: string; records: string }>> = {
  traces: { resources: "resourceSpans", scopes: "scopeSpans", records: "spans" },
  metrics: { resources: "resourceMetrics", scopes: "scopeMetrics", records: "metrics" },
  logs: { resources: "resourceLogs", scopes: "scopeLogs", records: "logRecords" },
};

/** The members of a metric's `data`. */
export const METRIC_DATA = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const;
export type MetricData = (typeof METRIC_DATA)[number];

/**
 * A payload as views, for components that look into it or change it: resources hold scopes,
 * and these hold spans, metrics or log records. What is not touched stays bytes.
 */
export class TelemetryView {
  readonly signal: Signal;
  readonly #payload: Payload;
  readonly #requests: readonly MessageView[];

  constructor(payload: Payload) {
    this.signal = payload.signal;
    this.#payload = payload;
    const { request } = PROTOCOLS[payload.signal];
    this.#requests = payload.chunks.map((chunk) => new MessageView(request, chunk));
  }

  /** ResourceSpans, ResourceMetrics or ResourceLogs: `one("resource")`, `get("schemaUrl")` and what `scopesOf` gives. */
  get resources(): readonly MessageView[] {
    const { resources } = NAMES[this.signal];
    return this.#requests.length === 1
      ? this.#requests[0]!.many(resources)
      : this.#requests.flatMap((request) => request.many(resources));
  }

  /** ScopeSpans, ScopeMetrics or ScopeLogs: `one("scope")`, `get("schemaUrl")` and what `recordsOf` gives. */
  scopesOf(resource: MessageView): readonly MessageView[] {
    return resource.many(NAMES[this.signal].scopes);
  }

  /** Spans, metrics or log records. */
  recordsOf(scope: MessageView): readonly MessageView[] {
    return scope.many(NAMES[this.signal].records);
  }

  /** Takes away resources, scopes and records for which these do not hold, and whatever is empty then. */
  retain(keep: {
    readonly resource?: (resource: MessageView) => boolean;
    readonly scope?: (scope: MessageView, resource: MessageView) => boolean;
    readonly record?: (record: MessageView, scope: MessageView, resource: MessageView) => boolean;
  }): void {
    const { resources, scopes, records } = NAMES[this.signal];
    for (const request of this.#requests) {
      request.retain(resources, (resource) => {
        if (keep.resource?.(resource) === false) return false;
        if (keep.scope === undefined && keep.record === undefined) return true;
        resource.retain(scopes, (scope) => {
          if (keep.scope?.(scope, resource) === false) return false;
          if (keep.record === undefined) return true;
          const { record: keepRecord } = keep;
          scope.retain(records, (record) => keepRecord(record, scope, resource));
          return scope.many(records).length > 0;
        });
        return resource.many(scopes).length > 0;
      });
    }
  }

  /** The payload as it is now: the same one where nothing was changed, undefined where it holds no items any more. */
  payload(): Payload | undefined {
    if (this.#requests.every((request) => !request.isChanged)) return this.#payload;
    const counts: Counts = { resources: 0, metrics: 0, items: 0 };
    const chunks: Uint8Array[] = [];
    for (const request of this.#requests) {
      const bytes = request.bytes();
      if (bytes.length === 0) continue;
      chunks.push(bytes);
      this.#count(request, counts);
    }
    if (counts.items === 0) return undefined;
    const byteLength = chunks.reduce((total, chunk) => total + chunk.length, 0);
    return { ...this.#payload, chunks, counts, byteLength };
  }

  #count(request: MessageView, counts: Counts): void {
    for (const resource of request.many(NAMES[this.signal].resources)) {
      counts.resources++;
      for (const scope of this.scopesOf(resource)) {
        const records = this.recordsOf(scope);
        if (this.signal !== "metrics") counts.items += records.length;
        else {
          counts.metrics += records.length;
          for (const metric of records) counts.items += pointsOf(metric).length;
        }
      }
    }
  }
}

/** What a span, metric or log record is on the wire. */
export function recordType(signal: Signal): Message {
  const { resources, scopes, records } = NAMES[signal];
  return [resources, scopes, records].reduce(
    (message, name) => message.byName[name]!.message!(),
    PROTOCOLS[signal].request,
  );
}

/** Which data a metric has; undefined where it has none. */
export function dataOf(metric: MessageView): MetricData | undefined {
  return METRIC_DATA.find((data) => metric.has(data));
}

/** A metric's data points, of whatever kind. */
export function pointsOf(metric: MessageView): readonly MessageView[] {
  const data = dataOf(metric);
  return data === undefined ? [] : metric.one(data).many("dataPoints");
}
