import { diag, ValueType } from "@opentelemetry/api";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";

/** The value as the instrument takes it; `undefined`, with a warning, when it is no number that can be added. */
export function acceptedValue(
  { name, valueType }: InstrumentDescriptor,
  value: number,
  takesNegative: boolean,
): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    diag.warn(`${name}: the value ${String(value)} is ignored: it is not a finite number`);
    return undefined;
  }
  if (value < 0 && !takesNegative) {
    diag.warn(`${name}: the negative value ${value} is ignored`);
    return undefined;
  }
  if (valueType === ValueType.DOUBLE || Number.isInteger(value)) return value;
  diag.warn(`${name}: takes whole numbers; the fraction of ${value} is ignored`);
  return Math.trunc(value);
}
