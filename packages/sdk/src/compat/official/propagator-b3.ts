/** In the place of `@opentelemetry/propagator-b3`. */
export {
  B3_CONTEXT_HEADER,
  B3InjectEncoding,
  B3Propagator,
  type B3PropagatorConfig,
  X_B3_FLAGS,
  X_B3_PARENT_SPAN_ID,
  X_B3_SAMPLED,
  X_B3_SPAN_ID,
  X_B3_TRACE_ID,
} from "../../propagation/b3-propagator.ts";
