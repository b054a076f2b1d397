/** In the place of `@opentelemetry/propagator-aws-xray`. */
export { AWSXRayPropagator } from "../../propagation/aws-xray-propagator.ts";
