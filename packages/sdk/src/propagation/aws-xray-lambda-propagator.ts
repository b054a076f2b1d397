import {
  type Context,
  isSpanContextValid,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import type { Environment } from "../config/environment.ts";
import { AWSXRayPropagator, parseXRayHeader } from "./aws-xray-propagator.ts";

/** Set by AWS Lambda anew for each invocation. */
const VARIABLE = "_X_AMZN_TRACE_ID";

/**
 * As `AWSXRayPropagator`; where the context has no span yet, the trace that AWS Lambda announces in
 * `_X_AMZN_TRACE_ID` wins over the headers. Source: semantic conventions, "AWS Lambda".
 */
export class AWSXRayLambdaPropagator implements TextMapPropagator {
  readonly #xray = new AWSXRayPropagator();
  readonly #env: Environment;

  constructor(config: { readonly env?: Environment } = {}) {
    this.#env = config.env ?? process.env;
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    this.#xray.inject(context, carrier, setter);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const extracted = this.#xray.extract(context, carrier, getter);
    const before = trace.getSpanContext(context);
    if (before !== undefined && isSpanContextValid(before)) return extracted;
    const announced = parseXRayHeader(this.#env[VARIABLE]);
    return announced === undefined ? extracted : trace.setSpanContext(extracted, announced);
  }

  fields(): string[] {
    return this.#xray.fields();
  }
}
