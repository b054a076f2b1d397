/** What months and days are called. */
import { OttlError } from "../ottl-error.ts";

export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
export const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** Lists of names to choose from, each in order. */
export interface Names {
  readonly long: readonly (readonly string[])[];
  readonly short: readonly (readonly string[])[];
  readonly longDays: readonly (readonly string[])[];
  readonly shortDays: readonly (readonly string[])[];
}

/** The names in a language, and in English. Throws where the language is unknown. */
export function namesIn(locale: string | undefined): Names {
  const english: Names = {
    long: [MONTHS],
    short: [MONTHS.map((name) => name.slice(0, 3))],
    longDays: [DAYS],
    shortDays: [DAYS.map((name) => name.slice(0, 3))],
  };
  if (locale === undefined) return english;
  checkLocale(locale);
  return {
    long: [...namesOf(locale, { month: "long" }, 12), ...english.long],
    short: [...namesOf(locale, { month: "short" }, 12), ...english.short],
    longDays: [...namesOf(locale, { weekday: "long" }, 7), ...english.longDays],
    shortDays: [...namesOf(locale, { weekday: "short" }, 7), ...english.shortDays],
  };
}

function checkLocale(locale: string): void {
  let isSupported: boolean;
  try {
    isSupported = Intl.DateTimeFormat.supportedLocalesOf(locale).length > 0;
  } catch (cause) {
    throw new OttlError(`invalid locale '${locale}': language: tag is not well-formed`, { cause });
  }
  if (!isSupported) {
    throw new OttlError(`unsupported locale '${locale}', value must be a supported BCP 47 language tag`);
  }
}

/** Alone and as they stand in a date, which differ in some languages; with and without a full stop. */
function namesOf(locale: string, wanted: Intl.DateTimeFormatOptions, count: number): string[][] {
  const alone = listOf(locale, wanted, count);
  const inDate = listOf(locale, { ...wanted, day: "numeric" }, count);
  return [alone, inDate, alone.map(withoutStop), inDate.map(withoutStop)];
}

function listOf(locale: string, options: Intl.DateTimeFormatOptions, count: number): string[] {
  const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
  const isDay = options.weekday !== undefined;
  return Array.from({ length: count }, (_, i) => {
    // 2023-01-01 was a Sunday.
    const date = isDay ? Date.UTC(2023, 0, 1 + i) : Date.UTC(2023, i, 1);
    return format.formatToParts(date).find(({ type }) => type === (isDay ? "weekday" : "month"))?.value ?? "";
  });
}

function withoutStop(name: string): string {
  return name.replace(/\.$/, "");
}
