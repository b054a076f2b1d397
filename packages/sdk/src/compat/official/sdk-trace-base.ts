/** In the place of `@opentelemetry/sdk-trace-base`. */
export { type BatchConfig as BufferConfig } from "../../common/batch-config.ts";
export { BasicTracerProvider, type GeneralLimits, type TracerConfig } from "../basic-tracer-provider.ts";
export { type SDKRegistrationConfig } from "../node-tracer-provider.ts";
export {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  type IdGenerator,
  InMemorySpanExporter,
  NoopSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  SimpleSpanProcessor,
  type Span,
  type SpanExporter,
  type SpanLimits,
  type SpanProcessor,
  type TimedEvent,
  TraceIdRatioBasedSampler,
} from "./sdk-trace.ts";
