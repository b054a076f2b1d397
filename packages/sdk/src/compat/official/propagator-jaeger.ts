/** In the place of `@opentelemetry/propagator-jaeger`. */
export {
  JaegerPropagator,
  type JaegerPropagatorConfig,
  UBER_BAGGAGE_HEADER_PREFIX,
  UBER_TRACE_ID_HEADER,
} from "../../propagation/jaeger-propagator.ts";
