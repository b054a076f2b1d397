/** Values as Go's `fmt` prints them with `%v`. */
import { AttributesView } from "@clew/otlp";
import { Duration, goType, Id, Messages, Time, type OttlValue } from "../ottl-value.ts";
import { formatTime } from "../time/strptime.ts";
import { durationText } from "./go-duration.ts";

export function fmtValue(value: OttlValue): string {
  switch (typeof value) {
    case "string":
      return value;
    case "bigint":
    case "boolean":
      return String(value);
    case "number":
      return fmtFloat(value);
    default:
      return fmtObject(value);
  }
}

function fmtObject(value: Exclude<OttlValue, string | bigint | boolean | number>): string {
  if (value === null) return "<nil>";
  if (value instanceof Uint8Array) return `[${[...value].join(" ")}]`;
  if (value instanceof Time) return formatTime("%Y-%m-%d %H:%M:%S.%s ", value) + zoneText(value);
  if (value instanceof Duration) return durationText(value.nanos);
  if (value instanceof Id) return Buffer.from(value.bytes).toString("hex");
  if (Array.isArray(value)) return `[${value.map((one) => fmtValue(one as OttlValue)).join(" ")}]`;
  if (value instanceof Messages) return `${value.type}(${value.views.length})`;
  if (!(value instanceof Map || value instanceof AttributesView)) return goType(value);
  const entries = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, one]) => `${key}:${fmtValue(one as OttlValue)}`).join(" ")}]`;
}

function zoneText(time: Time): string {
  const isUtc = time.zone.name === "UTC";
  return isUtc ? "+0000 UTC" : formatTime("%w", time).slice(0, 5) + formatTime(" %Z", time);
}

/** The shortest text, with an exponent of two digits below 1e-4 and from `large` on, as `%v` has it; for `%g` that is 1e6. */
export function fmtFloat(value: number, large = 1e21): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= large)) return withTwoDigits(value.toExponential());
  return String(value);
}

export function withTwoDigits(exponential: string): string {
  return exponential.replace(/e([+-])(\d)$/, "e$10$2");
}
