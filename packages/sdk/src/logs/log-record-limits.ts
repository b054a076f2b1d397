import { DEFAULT_DEPTH_LIMIT } from "../common/any-value.ts";
import { type Environment, readFirstNumber } from "../config/environment.ts";

export interface LogRecordLimits {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
  /** How deep arrays and maps of a value may be nested. */
  readonly attributeValueDepthLimit: number;
}

/** The limits that the environment asks for, else the specification's: 128 attributes, any length. */
export function logRecordLimitsFromEnvironment(env: Environment = process.env): LogRecordLimits {
  const read = (name: string): number | undefined =>
    readFirstNumber(env, [`OTEL_LOGRECORD_ATTRIBUTE_${name}`, `OTEL_ATTRIBUTE_${name}`]);
  return {
    attributeCountLimit: read("COUNT_LIMIT") ?? 128,
    attributeValueLengthLimit: read("VALUE_LENGTH_LIMIT") ?? Infinity,
    attributeValueDepthLimit: DEFAULT_DEPTH_LIMIT,
  };
}
