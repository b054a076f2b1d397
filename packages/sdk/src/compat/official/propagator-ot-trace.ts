/** In the place of `@opentelemetry/propagator-ot-trace`. */
export { OTTracePropagator } from "../../propagation/ot-trace-propagator.ts";
