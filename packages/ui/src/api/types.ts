/** The answers of Clew's API, as docs/api.md tells them. */

export interface ServiceOverview {
  readonly service: string;
  readonly spans: number;
  readonly requests: number;
  readonly errors: number;
  readonly p50Nanos: number;
  readonly p95Nanos: number;
  readonly p99Nanos: number;
  readonly logs: number;
  readonly errorLogs: number;
  readonly series: number;
  readonly lastSeenUnixNano: string;
}

export interface ActivityBucket {
  readonly startUnixNano: string;
  readonly spans: number;
  readonly errorSpans: number;
  readonly logs: number;
  readonly errorLogs: number;
}

export interface Overview {
  readonly services: readonly ServiceOverview[];
  readonly activity: readonly ActivityBucket[];
}

export interface OperationOverview {
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
  readonly p50Nanos: number;
  readonly p95Nanos: number;
  readonly p99Nanos: number;
}

export interface Status {
  readonly version: string;
  readonly startedAtMs: number;
  readonly dataDirectory: string;
  readonly inMemory: boolean;
  readonly otlpGrpc?: string;
  readonly otlpHttp?: string;
  readonly ui: string;
  readonly store: {
    readonly engineReady: boolean;
    readonly engineVersion: string;
    readonly engineRestarts: number;
    readonly spoolBytes: number;
    /** What somebody should do something about, the most urgent first. */
    readonly warnings: readonly string[];
  };
}

export interface TraceSummary {
  readonly traceId: string;
  readonly rootService: string;
  readonly rootOperation: string;
  readonly startUnixNano: string;
  readonly durationNanos: string;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly services: readonly { readonly name: string; readonly spanCount: number; readonly errorCount: number }[];
}

export interface TracePage {
  readonly traces: readonly TraceSummary[];
  readonly cursor: string | null;
}

/** Columns: row `i` of each list is span `i`. */
export interface TraceSkeleton {
  readonly traceId: string;
  readonly startUnixNano: string;
  readonly spanCount: number;
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly spans: {
    readonly spanId: readonly string[];
    /** A row's index; -1 for a root, -2 where the parent is missing. */
    readonly parent: readonly number[];
    readonly service: readonly number[];
    readonly name: readonly number[];
    readonly kind: readonly number[];
    /** 0 unset, 1 ok, 2 error. */
    readonly status: readonly number[];
    readonly startOffsetNanos: readonly number[];
    readonly durationNanos: readonly number[];
    readonly events: readonly (readonly number[])[];
    readonly links: readonly number[];
  };
}

/** An AnyValue in OTLP/JSON. */
export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number | string;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
  readonly bytesValue?: string;
}

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export interface Resource {
  readonly attributes: readonly KeyValue[];
}

export interface Scope {
  readonly name?: string;
  readonly version?: string;
  readonly attributes?: readonly KeyValue[];
}

export interface SpanDetail {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly events?: readonly {
    readonly timeUnixNano: string;
    readonly name?: string;
    readonly attributes?: readonly KeyValue[];
  }[];
  readonly droppedEventsCount?: number;
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: readonly KeyValue[];
  }[];
  readonly droppedLinksCount?: number;
  readonly status?: { readonly code?: number; readonly message?: string };
}

export interface SpanAnswer {
  readonly resourceSpans: readonly {
    readonly resource: Resource;
    readonly scopeSpans: readonly { readonly scope: Scope; readonly spans: readonly SpanDetail[] }[];
  }[];
}

export interface LogRecord {
  readonly id: string;
  readonly timestampUnixNano: string;
  readonly service: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly bodyText: string;
  readonly body?: AnyValue;
  readonly attributes: readonly KeyValue[];
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
  readonly resource: Resource;
  readonly scope: Scope;
}

export interface LogPage {
  readonly records: readonly LogRecord[];
  readonly cursor: string | null;
}

export interface LogHistogram {
  readonly severities: readonly string[];
  readonly buckets: readonly { readonly startUnixNano: string; readonly counts: readonly number[] }[];
}

/** A record of the live stream: attributes are plain text. */
export interface LiveLog {
  readonly timestampUnixNano: string;
  readonly service: string;
  readonly scope: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly bodyText: string;
  readonly eventName: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly otelName: string;
  readonly type: "gauge" | "sum" | "histogram" | "exponential_histogram" | "summary";
  readonly unit: string;
  readonly description: string;
  readonly temporality: number;
  readonly monotonic: boolean;
  readonly services: readonly string[];
  readonly series: number;
}

/** Prometheus's answers, the parts that the UI uses. */
export interface PrometheusMatrix {
  readonly resultType: "matrix";
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly values?: readonly (readonly [number, string])[];
  }[];
}

export interface PrometheusExemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
    readonly timestamp: number;
  }[];
}
