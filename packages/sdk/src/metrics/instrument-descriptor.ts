import { diag, type MetricOptions, ValueType } from "@opentelemetry/api";
import { optionalText } from "../common/text.ts";
import { boundariesProblem } from "./aggregation-option.ts";
import type { InstrumentType } from "./instrument-type.ts";

export interface InstrumentDescriptor {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly type: InstrumentType;
  readonly valueType: ValueType;
  readonly advice: InstrumentAdvice;
}

/** The API's, with all advice that the specification has. */
export interface InstrumentOptions extends Omit<MetricOptions, "advice"> {
  readonly advice?: InstrumentAdvice;
}

/** What the one who makes an instrument recommends; views win over it. */
export interface InstrumentAdvice {
  readonly explicitBucketBoundaries?: readonly number[];
  /** The keys of the attributes that are kept. */
  readonly attributes?: readonly string[];
}

/** Specification, "Instrument name syntax". */
const NAME = /^[A-Za-z][A-Za-z0-9_./-]{0,254}$/;

export function isValidInstrumentName(name: unknown): boolean {
  return typeof name === "string" && NAME.test(name);
}

export function describeInstrument(
  name: string,
  type: InstrumentType,
  options: InstrumentOptions | undefined,
): InstrumentDescriptor {
  return {
    name,
    type,
    description: optionalText(options?.description) ?? "",
    unit: optionalText(options?.unit) ?? "",
    valueType: options?.valueType ?? ValueType.DOUBLE,
    advice: validAdvice(name, options?.advice ?? {}),
  };
}

function validAdvice(name: string, advice: InstrumentAdvice): InstrumentAdvice {
  const { explicitBucketBoundaries, attributes } = advice;
  const problem = boundariesProblem(explicitBucketBoundaries);
  if (problem !== undefined) diag.error(`${name}: the advice is ignored, the default is used: ${problem}`);
  const areKeys = attributes === undefined || (Array.isArray(attributes) && attributes.every(isText));
  if (!areKeys) diag.error(`${name}: the advice is ignored, all attributes are kept: attributes is no list of keys`);
  return {
    ...(explicitBucketBoundaries !== undefined && problem === undefined && { explicitBucketBoundaries }),
    ...(attributes !== undefined && areKeys && { attributes }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Two that agree in this are the same instrument. Names do not differ by case; advice does not identify. */
export function identityOf({ name, type, description, unit, valueType }: InstrumentDescriptor): string {
  return JSON.stringify([name.toLowerCase(), type, description, unit, valueType]);
}
