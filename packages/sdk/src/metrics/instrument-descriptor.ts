import { type MetricAdvice, type MetricOptions, ValueType } from "@opentelemetry/api";
import { optionalText } from "../common/text.ts";

export const InstrumentType = {
  COUNTER: "COUNTER",
  GAUGE: "GAUGE",
  HISTOGRAM: "HISTOGRAM",
  UP_DOWN_COUNTER: "UP_DOWN_COUNTER",
  OBSERVABLE_COUNTER: "OBSERVABLE_COUNTER",
  OBSERVABLE_GAUGE: "OBSERVABLE_GAUGE",
  OBSERVABLE_UP_DOWN_COUNTER: "OBSERVABLE_UP_DOWN_COUNTER",
} as const;
export type InstrumentType = (typeof InstrumentType)[keyof typeof InstrumentType];

export interface InstrumentDescriptor {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly type: InstrumentType;
  readonly valueType: ValueType;
  readonly advice: MetricAdvice;
}

/** Specification, "Instrument name syntax". */
const NAME = /^[A-Za-z][A-Za-z0-9_./-]{0,254}$/;

export function isValidInstrumentName(name: unknown): boolean {
  return typeof name === "string" && NAME.test(name);
}

export function describeInstrument(
  name: string,
  type: InstrumentType,
  options: MetricOptions = {},
): InstrumentDescriptor {
  return {
    name,
    type,
    description: optionalText(options.description) ?? "",
    unit: optionalText(options.unit) ?? "",
    valueType: options.valueType ?? ValueType.DOUBLE,
    advice: options.advice ?? {},
  };
}

/** Two that agree in this are the same instrument. Names do not differ by case; advice does not identify. */
export function identityOf({ name, type, description, unit, valueType }: InstrumentDescriptor): string {
  return JSON.stringify([name.toLowerCase(), type, description, unit, valueType]);
}

export function isMonotonic(type: InstrumentType): boolean {
  return (
    type === InstrumentType.COUNTER || type === InstrumentType.OBSERVABLE_COUNTER || type === InstrumentType.HISTOGRAM
  );
}
