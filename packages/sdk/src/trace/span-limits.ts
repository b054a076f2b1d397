import { DEFAULT_DEPTH_LIMIT, type ValueLimits } from "../common/any-value.ts";
import type { AttributeLimits } from "../common/attribute-list.ts";
import { type Environment, readFirstNumber } from "../config/environment.ts";

export interface SpanLimits {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
  /** How deep arrays and maps of a value may be nested. */
  readonly attributeValueDepthLimit: number;
  readonly eventCountLimit: number;
  readonly linkCountLimit: number;
  readonly attributePerEventCountLimit: number;
  readonly attributePerLinkCountLimit: number;
}

/** The limits that the environment asks for, else the specification's: 128 of everything, any length. */
export function spanLimitsFromEnvironment(env: Environment = process.env): SpanLimits {
  const read = (...names: string[]): number | undefined => readFirstNumber(env, names);
  return {
    attributeCountLimit: read("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT") ?? 128,
    attributeValueLengthLimit:
      read("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? Infinity,
    attributeValueDepthLimit: DEFAULT_DEPTH_LIMIT,
    eventCountLimit: read("OTEL_SPAN_EVENT_COUNT_LIMIT") ?? 128,
    linkCountLimit: read("OTEL_SPAN_LINK_COUNT_LIMIT") ?? 128,
    attributePerEventCountLimit: read("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT") ?? 128,
    attributePerLinkCountLimit: read("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT") ?? 128,
  };
}

/** The limits of the three kinds of attribute lists of a span, ready to be handed to each list. */
export interface SpanAttributeLimits {
  readonly span: AttributeLimits;
  readonly event: AttributeLimits;
  readonly link: AttributeLimits;
}

export function attributeLimits(limits: SpanLimits): SpanAttributeLimits {
  const ofValues: ValueLimits = {
    valueLengthLimit: limits.attributeValueLengthLimit,
    valueDepthLimit: limits.attributeValueDepthLimit,
  };
  return {
    span: { countLimit: limits.attributeCountLimit, ...ofValues },
    event: { countLimit: limits.attributePerEventCountLimit, ...ofValues },
    link: { countLimit: limits.attributePerLinkCountLimit, ...ofValues },
  };
}
