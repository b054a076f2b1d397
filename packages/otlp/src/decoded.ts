/** The shapes that `decode` returns, message by message, with every field that OTLP has. */

export interface AnyValueObject {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: bigint;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValueObject[] };
  readonly kvlistValue?: { readonly values: readonly KeyValueObject[] };
  readonly bytesValue?: Uint8Array;
}

export interface KeyValueObject {
  readonly key: string;
  readonly value?: AnyValueObject;
}

export interface EntityRefObject {
  readonly schemaUrl: string;
  readonly type: string;
  readonly idKeys: readonly string[];
  readonly descriptionKeys: readonly string[];
}

export interface ResourceObject {
  readonly attributes: readonly KeyValueObject[];
  readonly droppedAttributesCount: number;
  readonly entityRefs: readonly EntityRefObject[];
}

export interface ScopeObject {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly KeyValueObject[];
  readonly droppedAttributesCount: number;
}

export interface SpanObject {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly traceState: string;
  readonly parentSpanId: Uint8Array;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly attributes: readonly KeyValueObject[];
  readonly droppedAttributesCount: number;
  readonly events: readonly {
    readonly timeUnixNano: bigint;
    readonly name: string;
    readonly attributes: readonly KeyValueObject[];
    readonly droppedAttributesCount: number;
  }[];
  readonly droppedEventsCount: number;
  readonly links: readonly {
    readonly traceId: Uint8Array;
    readonly spanId: Uint8Array;
    readonly traceState: string;
    readonly attributes: readonly KeyValueObject[];
    readonly droppedAttributesCount: number;
    readonly flags: number;
  }[];
  readonly droppedLinksCount: number;
  readonly status?: { readonly message: string; readonly code: number };
  readonly flags: number;
}

export interface TracesObject {
  readonly resourceSpans: readonly {
    readonly resource?: ResourceObject;
    readonly scopeSpans: readonly {
      readonly scope?: ScopeObject;
      readonly spans: readonly SpanObject[];
      readonly schemaUrl: string;
    }[];
    readonly schemaUrl: string;
  }[];
}

export interface LogRecordObject {
  readonly timeUnixNano: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body?: AnyValueObject;
  readonly attributes: readonly KeyValueObject[];
  readonly droppedAttributesCount: number;
  readonly flags: number;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly observedTimeUnixNano: bigint;
  readonly eventName: string;
}

export interface LogsObject {
  readonly resourceLogs: readonly {
    readonly resource?: ResourceObject;
    readonly scopeLogs: readonly {
      readonly scope?: ScopeObject;
      readonly logRecords: readonly LogRecordObject[];
      readonly schemaUrl: string;
    }[];
    readonly schemaUrl: string;
  }[];
}

export interface ExemplarObject {
  readonly timeUnixNano: bigint;
  readonly asDouble?: number;
  readonly asInt?: bigint;
  readonly spanId: Uint8Array;
  readonly traceId: Uint8Array;
  readonly filteredAttributes: readonly KeyValueObject[];
}

interface DataPoint {
  readonly startTimeUnixNano: bigint;
  readonly timeUnixNano: bigint;
  readonly attributes: readonly KeyValueObject[];
  readonly flags: number;
}

export interface NumberDataPointObject extends DataPoint {
  readonly asDouble?: number;
  readonly asInt?: bigint;
  readonly exemplars: readonly ExemplarObject[];
}

export interface HistogramDataPointObject extends DataPoint {
  readonly count: bigint;
  readonly sum?: number;
  readonly bucketCounts: readonly bigint[];
  readonly explicitBounds: readonly number[];
  readonly exemplars: readonly ExemplarObject[];
  readonly min?: number;
  readonly max?: number;
}

export interface BucketsObject {
  readonly offset: number;
  readonly bucketCounts: readonly bigint[];
}

export interface ExponentialHistogramDataPointObject extends DataPoint {
  readonly count: bigint;
  readonly sum?: number;
  readonly scale: number;
  readonly zeroCount: bigint;
  readonly positive?: BucketsObject;
  readonly negative?: BucketsObject;
  readonly exemplars: readonly ExemplarObject[];
  readonly min?: number;
  readonly max?: number;
  readonly zeroThreshold: number;
}

export interface SummaryDataPointObject extends DataPoint {
  readonly count: bigint;
  readonly sum: number;
  readonly quantileValues: readonly { readonly quantile: number; readonly value: number }[];
}

export interface MetricObject {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly gauge?: { readonly dataPoints: readonly NumberDataPointObject[] };
  readonly sum?: {
    readonly dataPoints: readonly NumberDataPointObject[];
    readonly aggregationTemporality: number;
    readonly isMonotonic: boolean;
  };
  readonly histogram?: {
    readonly dataPoints: readonly HistogramDataPointObject[];
    readonly aggregationTemporality: number;
  };
  readonly exponentialHistogram?: {
    readonly dataPoints: readonly ExponentialHistogramDataPointObject[];
    readonly aggregationTemporality: number;
  };
  readonly summary?: { readonly dataPoints: readonly SummaryDataPointObject[] };
  readonly metadata: readonly KeyValueObject[];
}

export interface MetricsObject {
  readonly resourceMetrics: readonly {
    readonly resource?: ResourceObject;
    readonly scopeMetrics: readonly {
      readonly scope?: ScopeObject;
      readonly metrics: readonly MetricObject[];
      readonly schemaUrl: string;
    }[];
    readonly schemaUrl: string;
  }[];
}
