/** How the console exporters write times, durations and attributes. */
import type { HrTime } from "@opentelemetry/api";
import { hrTimeToMs } from "./hr-time.ts";

export type WriteLine = (line: string) => void;

export function timeText(time: HrTime): string {
  return new Date(hrTimeToMs(time)).toISOString();
}

export function durationText(durationMs: number): string {
  return durationMs < 1_000 ? `${Number(durationMs.toFixed(3))}ms` : `${Number((durationMs / 1_000).toFixed(3))}s`;
}

/** ` key=value key="text with spaces"`, with the space before it; nothing when there are none. */
export function attributesText(attributes: object | undefined): string {
  return Object.entries(attributes ?? {})
    .map(([key, value]) => ` ${key}=${valueText(value)}`)
    .join("");
}

export function valueText(value: unknown): string {
  if (typeof value === "string") return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`;
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item)) ?? "";
}
