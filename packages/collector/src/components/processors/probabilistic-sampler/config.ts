import {
  boolean,
  field,
  integer,
  number,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";

export type SamplerMode = "hash_seed" | "proportional" | "equalizing";

export interface ProbabilisticSamplerConfig {
  readonly sampling_percentage: number;
  readonly hash_seed: number;
  readonly mode: SamplerMode | undefined;
  readonly fail_closed: boolean;
  readonly sampling_precision: number;
  readonly attribute_source: "traceID" | "record";
  readonly from_attribute: string;
  readonly sampling_priority: string;
}

export const schema: Schema<ProbabilisticSamplerConfig> = section<ProbabilisticSamplerConfig>(
  {
    sampling_percentage: field(number(-Infinity), 0, "How many of a hundred are kept; 100 and more keep all, 0 none."),
    hash_seed: field(integer(0, 4_294_967_295), 0, "The seed of the hash; collectors of one tier must share it."),
    mode: field(
      optional(oneOf("hash_seed", "proportional", "equalizing")),
      undefined,
      "How it is decided. By default `hash_seed` where a seed is set or log records are sampled by an attribute, else `proportional`.",
    ),
    fail_closed: field(
      boolean,
      true,
      "Whether what has no randomness, or contradicts itself, is dropped; else it passes.",
    ),
    sampling_precision: field(integer(), 4, "How many hexadecimal digits the threshold that is written has, 1 to 14."),
    attribute_source: field(oneOf("traceID", "record"), "traceID", "Where randomness of log records comes from."),
    from_attribute: field(
      string,
      "",
      "The attribute of a log record that it comes from, where there is no trace id or with `record`.",
    ),
    sampling_priority: field(string, "", "The attribute of a log record that is a percentage of its own."),
  },
  (config, place) => {
    const { sampling_percentage: percentage, sampling_precision: precision } = config;
    if (percentage < 0)
      place.at("sampling_percentage").problem(`sampling percentage is negative: ${percentage.toFixed(6)}%`);
    if (!Number.isFinite(percentage)) place.at("sampling_percentage").problem("sampling percentage is invalid");
    if (precision === 0) place.at("sampling_precision").problem("invalid sampling precision: 0");
    if (precision > 14)
      place.at("sampling_precision").problem(`sampling precision is too great, should be <= 14: ${precision}`);
    if (config.attribute_source === "record" && config.from_attribute === "")
      place.at("from_attribute").problem("from_attribute is required when attribute_source is record");
  },
);
