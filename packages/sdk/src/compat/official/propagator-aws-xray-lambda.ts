/** In the place of `@opentelemetry/propagator-aws-xray-lambda`. */
export { AWSXRayLambdaPropagator } from "../../propagation/aws-xray-lambda-propagator.ts";
