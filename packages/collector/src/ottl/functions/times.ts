/** Converters of times and durations. */
import { nanosOf } from "@clew/base";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { parseGoDuration } from "../format/go-duration.ts";
import { quote } from "../quoted.ts";
import { OttlError } from "../ottl-error.ts";
import { Duration, int64, Time, type OttlValue } from "../ottl-value.ts";
import { duration, int, optional, string, text, time } from "../parameters.ts";
import { floorDivided, partsOf, type CalendarParts } from "../time/calendar.ts";
import { formatTime as written, timeParser, validateFormat } from "../time/strptime.ts";
import { localZone, UTC, zoneNamed, type Zone } from "../time/zone.ts";

const SECOND = 1_000_000_000n;

function part(name: string, field: keyof CalendarParts): FunctionDefinition {
  return define(name, { time }, (args) => (context) => BigInt(partsOf(args.time(context))[field]));
}

/** The duration in a unit: an integer, or a number with its fraction. */
function inUnits(name: string, convert: (nanos: bigint) => OttlValue): FunctionDefinition {
  return define(name, { duration }, (args) => (context) => convert(args.duration(context).nanos));
}

/** Whole units and the fraction apart, as Go does it, so that long durations keep their precision. */
function fractional(unit: bigint): (nanos: bigint) => number {
  return (nanos) => Number(nanos / unit) + Number(nanos % unit) / Number(unit);
}

function sinceEpoch(name: string, unit: bigint): FunctionDefinition {
  return define(name, { time }, (args) => (context) => int64(floorDivided(args.time(context).unixNano, unit)));
}

const parseDuration = define("Duration", { duration: string }, (args) => (context) => {
  const one = args.duration(context);
  const nanos = parseGoDuration(one);
  if (nanos === undefined) throw new OttlError(`time: invalid duration ${quote(one)}`);
  return new Duration(nanos);
});

const parseTime = define(
  "Time",
  { time: string, format: text, location: optional(text), locale: optional(text) },
  (args, { nowMs }) => {
    if (args.format === "") throw new OttlError("format cannot be nil");
    const { format, locale } = args;
    const read = timeParser({ format, locale, zone: placeOf(args.location ?? "", format), nowMs });
    return (context) => {
      const one = args.time(context);
      if (one === "") throw new OttlError("time cannot be nil");
      return read(one);
    };
  },
);

/** A format that ends in a literal Z is of times in UTC. */
function placeOf(location: string, format: string): Zone {
  if (location !== "") return zoneNamed(location);
  return format.endsWith("Z") && !format.endsWith("%Z") ? UTC : localZone();
}

const formatTime = define("FormatTime", { time, format: text }, (args) => {
  if (args.format === "") throw new OttlError("format cannot be nil");
  validateFormat(args.format);
  return (context) => written(args.format, args.time(context));
});

const now = define("Now", {}, (_args, { nowMs }) => {
  const zone = localZone();
  return () => new Time(nanosOf(nowMs()), zone);
});

const truncateTime = define("TruncateTime", { time, duration }, (args) => (context) => {
  const one = args.time(context);
  const { nanos } = args.duration(context);
  if (nanos <= 0n) return one;
  // Go counts from the year 1.
  const YEAR_ONE = 62_135_596_800n * SECOND;
  return new Time(one.unixNano - ((one.unixNano + YEAR_ONE) % nanos), one.zone);
});

const unix = define("Unix", { seconds: int, nanoseconds: optional(int) }, (args) => {
  const zone = localZone();
  return (context) => new Time(args.seconds(context) * SECOND + (args.nanoseconds?.(context) ?? 0n), zone);
});

export const TIME_CONVERTERS: readonly FunctionDefinition[] = [
  part("Day", "day"),
  parseDuration,
  formatTime,
  part("Hour", "hour"),
  inUnits("Hours", fractional(3_600n * SECOND)),
  inUnits("Microseconds", (nanos) => nanos / 1_000n),
  inUnits("Milliseconds", (nanos) => nanos / 1_000_000n),
  part("Minute", "minute"),
  inUnits("Minutes", fractional(60n * SECOND)),
  part("Month", "month"),
  part("Nanosecond", "nanosecond"),
  inUnits("Nanoseconds", (nanos) => nanos),
  now,
  part("Second", "second"),
  inUnits("Seconds", fractional(SECOND)),
  parseTime,
  truncateTime,
  unix,
  sinceEpoch("UnixMicro", 1_000n),
  sinceEpoch("UnixMilli", 1_000_000n),
  sinceEpoch("UnixNano", 1n),
  sinceEpoch("UnixSeconds", SECOND),
  part("Weekday", "weekday"),
  part("Year", "year"),
];
