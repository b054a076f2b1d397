import type { TextMapPropagator } from "@opentelemetry/api";
import { AWSXRayLambdaPropagator } from "../propagation/aws-xray-lambda-propagator.ts";
import { AWSXRayPropagator } from "../propagation/aws-xray-propagator.ts";
import { B3InjectEncoding, B3Propagator } from "../propagation/b3-propagator.ts";
import { CompositePropagator } from "../propagation/composite-propagator.ts";
import { JaegerPropagator } from "../propagation/jaeger-propagator.ts";
import { OTTracePropagator } from "../propagation/ot-trace-propagator.ts";
import { W3CBaggagePropagator } from "../propagation/w3c-baggage-propagator.ts";
import { W3CTraceContextPropagator } from "../propagation/w3c-trace-context-propagator.ts";
import type { Environment } from "./environment.ts";
import { named } from "./named-components.ts";

/** The propagators by the names that `OTEL_PROPAGATORS` and configuration files have for them. */
export const PROPAGATORS: Readonly<Record<string, (env: Environment) => TextMapPropagator | undefined>> = {
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
  b3: () => new B3Propagator(),
  b3multi: () => new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }),
  jaeger: () => new JaegerPropagator(),
  xray: () => new AWSXRayPropagator(),
  "xray-lambda": (env) => new AWSXRayLambdaPropagator({ env }),
  ottrace: () => new OTTracePropagator(),
  none: () => undefined,
};

/** `OTEL_PROPAGATORS`. */
export function propagatorFromEnvironment(env: Environment): TextMapPropagator {
  const known = Object.fromEntries(Object.entries(PROPAGATORS).map(([name, create]) => [name, () => create(env)]));
  return new CompositePropagator({
    propagators: named(env, "OTEL_PROPAGATORS", ["tracecontext", "baggage"], known),
  });
}
