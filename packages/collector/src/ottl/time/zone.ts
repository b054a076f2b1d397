/** How far a place's clock is from UTC at a time. */
import { OttlError } from "../ottl-error.ts";

export interface Zone {
  /** An IANA name, or an abbreviation. */
  readonly name: string;
  /** Seconds east of UTC at a time in milliseconds. */
  offsetAt(unixMs: number): number;
  /** `CET`, or the like, at a time. */
  abbreviationAt(unixMs: number): string;
}

export const UTC: Zone = { name: "UTC", offsetAt: () => 0, abbreviationAt: () => "UTC" };

export function fixedZone(offset: number, name = ""): Zone {
  const sign = offset < 0 ? "-" : "+";
  const hours = String(Math.trunc(Math.abs(offset) / 3_600)).padStart(2, "0");
  const minutes = String(Math.trunc((Math.abs(offset) % 3_600) / 60)).padStart(2, "0");
  const shown = name === "" ? `${sign}${hours}${minutes === "00" ? "" : minutes}` : name;
  return { name, offsetAt: () => offset, abbreviationAt: () => shown };
}

/** Where this program runs. */
export function localZone(): Zone {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return timeZone === "UTC" || timeZone === "Etc/UTC" ? UTC : zoneNamed(timeZone);
}

/** A zone of the time zone database. Throws unless there is one of that name. */
export function zoneNamed(name: string): Zone {
  if (name === "UTC" || name === "") return UTC;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      timeZoneName: "short",
    });
  } catch (cause) {
    throw new OttlError(`failed to load location ${name}: unknown time zone ${name}`, { cause });
  }
  return {
    name,
    offsetAt: (unixMs) => offsetOf(format, unixMs),
    abbreviationAt: (unixMs) => format.formatToParts(unixMs).find(({ type }) => type === "timeZoneName")?.value ?? name,
  };
}

function offsetOf(format: Intl.DateTimeFormat, unixMs: number): number {
  const parts = new Map(format.formatToParts(unixMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const there = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return Math.round((there - Math.floor(unixMs / 1_000) * 1_000) / 1_000);
}
