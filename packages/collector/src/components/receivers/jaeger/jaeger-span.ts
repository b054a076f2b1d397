/** Jaeger's spans, whichever way they came. */
import type { AnyValueObject } from "@clew/otlp";

export type Tag = readonly [key: string, value: AnyValueObject];

export interface JaegerProcess {
  readonly serviceName: string;
  readonly tags: readonly Tag[];
}

export interface JaegerReference {
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly isChildOf: boolean;
}

export interface JaegerLog {
  readonly timeUnixNano: bigint;
  readonly fields: readonly Tag[];
}

export interface JaegerSpan {
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  /** Where the format has it beside the references. */
  readonly parentSpanId: Buffer | undefined;
  readonly operationName: string;
  readonly references: readonly JaegerReference[];
  readonly flags: number;
  readonly startTimeUnixNano: bigint;
  readonly durationNano: bigint;
  readonly tags: readonly Tag[];
  readonly logs: readonly JaegerLog[];
  /** Where it differs from the batch's. */
  readonly process: JaegerProcess | undefined;
}

export interface JaegerBatch {
  readonly process: JaegerProcess | undefined;
  readonly spans: readonly JaegerSpan[];
}
