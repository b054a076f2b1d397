/** In the place of `@opentelemetry/core`. */
export { type ExportResult, ExportResultCode } from "../../common/export-result.ts";
export { type InstrumentationScope } from "../../common/instrumentation-scope.ts";
export { isTracingSuppressed, suppressTracing, unsuppressTracing } from "../../common/suppress-tracing.ts";
export { TimeoutError } from "../../common/timeout-error.ts";
export { CompositePropagator } from "../../propagation/composite-propagator.ts";
export { W3CBaggagePropagator } from "../../propagation/w3c-baggage-propagator.ts";
export {
  parseTraceParent,
  TRACE_PARENT_HEADER,
  TRACE_STATE_HEADER,
  W3CTraceContextPropagator,
} from "../../propagation/w3c-trace-context-propagator.ts";
export { AnchoredClock, type Clock } from "../core/anchored-clock.ts";
export { isAttributeValue, sanitizeAttributes } from "../core/attributes.ts";
export { BindOnceFuture } from "../core/bind-once-future.ts";
export {
  diagLogLevelFromString,
  getBooleanFromEnv,
  getNumberFromEnv,
  getStringFromEnv,
  getStringListFromEnv,
} from "../core/environment.ts";
export {
  type ErrorHandler,
  globalErrorHandler,
  loggingErrorHandler,
  setGlobalErrorHandler,
} from "../core/error-handler.ts";
export { internal } from "../core/internal.ts";
export { parseKeyPairsIntoRecord } from "../core/key-pairs.ts";
export { merge } from "../core/merge.ts";
export { deleteRPCMetadata, getRPCMetadata, type RPCMetadata, RPCType, setRPCMetadata } from "../core/rpc-metadata.ts";
export { _globalThis, otperformance, SDK_INFO } from "../core/sdk-info.ts";
export {
  addHrTimes,
  getTimeOrigin,
  hrTime,
  hrTimeDuration,
  hrTimeToMicroseconds,
  hrTimeToMilliseconds,
  hrTimeToNanoseconds,
  hrTimeToSeconds,
  hrTimeToTimeStamp,
  isTimeInput,
  isTimeInputHrTime,
  millisToHrTime,
  timeInputToHrTime,
} from "../core/time.ts";
export { callWithTimeout, unrefTimer } from "../core/timeout.ts";
export { TraceState } from "../core/trace-state.ts";
export { isUrlIgnored, urlMatches } from "../core/url.ts";
