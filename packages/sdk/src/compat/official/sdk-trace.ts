/** In the place of `@opentelemetry/sdk-trace`. */
export { InMemorySpanExporter } from "../../exporters/in-memory/in-memory-exporters.ts";
export { AlwaysOffSampler, AlwaysOnSampler } from "../../trace/always-samplers.ts";
export { BatchSpanProcessor } from "../../trace/batch-span-processor.ts";
export { ConsoleSpanExporter } from "../../trace/console-span-exporter.ts";
export { type IdGenerator, RandomIdGenerator } from "../../trace/id-generator.ts";
export { ParentBasedSampler } from "../../trace/parent-based-sampler.ts";
export { type ReadableSpan, type TimedEvent } from "../../trace/readable-span.ts";
export { type Sampler, SamplingDecision, type SamplingResult } from "../../trace/sampler.ts";
export { createAlwaysRecordSampler } from "../../trace/sampling/always-record-sampler.ts";
export { SimpleSpanProcessor } from "../../trace/simple-span-processor.ts";
export { type SpanExporter } from "../../trace/span-exporter.ts";
export { type SpanLimits } from "../../trace/span-limits.ts";
export { type Span, type SpanProcessor } from "../../trace/span-processor.ts";
export { TraceIdRatioBasedSampler } from "../../trace/trace-id-ratio-based-sampler.ts";
export { TracerProvider, type TracerProviderConfig as TracerProviderOptions } from "../../trace/tracer-provider.ts";
export { NoopSpanProcessor } from "../noop-span-processor.ts";
