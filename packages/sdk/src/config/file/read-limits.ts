import { DEFAULT_DEPTH_LIMIT } from "../../common/any-value.ts";
import type { LogRecordLimits } from "../../logs/log-record-limits.ts";
import { type SpanLimits, spanLimitsFromEnvironment } from "../../trace/span-limits.ts";
import type { Section } from "./section.ts";

/** `attribute_limits`, which hold where a signal's own `limits` say nothing. */
export interface AttributeLimitDefaults {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
  readonly attributeValueDepthLimit: number;
}

const DEFAULTS: AttributeLimitDefaults = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  attributeValueDepthLimit: DEFAULT_DEPTH_LIMIT,
};

export function readAttributeLimits(
  section: Section | undefined,
  defaults: AttributeLimitDefaults = DEFAULTS,
): AttributeLimitDefaults {
  if (section === undefined) return defaults;
  return {
    attributeCountLimit: section.integer("attribute_count_limit", { least: 0 }) ?? defaults.attributeCountLimit,
    attributeValueLengthLimit:
      section.integer("attribute_value_length_limit", { least: 0 }) ?? defaults.attributeValueLengthLimit,
    attributeValueDepthLimit:
      section.integer("attribute_value_depth_limit", { least: 1 }) ?? defaults.attributeValueDepthLimit,
  };
}

export function readSpanLimits(section: Section | undefined, defaults: AttributeLimitDefaults): SpanLimits {
  const standard = { ...spanLimitsFromEnvironment({}), ...defaults };
  if (section === undefined) return standard;
  return section.read((one) => ({
    ...readAttributeLimits(one, defaults),
    eventCountLimit: one.integer("event_count_limit", { least: 0 }) ?? standard.eventCountLimit,
    linkCountLimit: one.integer("link_count_limit", { least: 0 }) ?? standard.linkCountLimit,
    attributePerEventCountLimit:
      one.integer("event_attribute_count_limit", { least: 0 }) ?? standard.attributePerEventCountLimit,
    attributePerLinkCountLimit:
      one.integer("link_attribute_count_limit", { least: 0 }) ?? standard.attributePerLinkCountLimit,
  }));
}

export function readLogRecordLimits(section: Section | undefined, defaults: AttributeLimitDefaults): LogRecordLimits {
  return section === undefined ? defaults : section.read((one) => readAttributeLimits(one, defaults));
}
