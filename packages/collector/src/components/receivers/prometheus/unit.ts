/** Units as Prometheus spells them in names, and as OTLP has them (UCUM). */
const UCUM: Readonly<Record<string, string>> = {
  days: "d",
  hours: "h",
  minutes: "min",
  seconds: "s",
  milliseconds: "ms",
  microseconds: "us",
  nanoseconds: "ns",
  bytes: "By",
  kibibytes: "KiBy",
  mebibytes: "MiBy",
  gibibytes: "GiBy",
  tibibytes: "TiBy",
  kilobytes: "KBy",
  megabytes: "MBy",
  gigabytes: "GBy",
  terabytes: "TBy",
  meters: "m",
  volts: "V",
  amperes: "A",
  joules: "J",
  watts: "W",
  grams: "g",
  celsius: "Cel",
  hertz: "Hz",
  ratio: "1",
  percent: "%",
};
const UCUM_PER: Readonly<Record<string, string>> = {
  second: "s",
  minute: "m",
  hour: "h",
  day: "d",
  week: "w",
  month: "mo",
  year: "y",
};

/** `bytes_per_second` is `By/s`. */
export function ucumUnit(unit: string): string {
  const at = unit.indexOf("_per_");
  const base = at < 0 ? unit : unit.slice(0, at);
  const per = at < 0 ? "" : unit.slice(at + "_per_".length);
  return (UCUM[base] ?? base) + (per === "" ? "" : `/${UCUM_PER[per] ?? per}`);
}

/** The name without `_total` and its unit. */
export function trimmedName(name: string, isSum: boolean, unit: string): string {
  const withoutType = isSum && name.endsWith("_total") ? name.slice(0, -"_total".length) : name;
  return unit !== "" && withoutType.endsWith(`_${unit}`) ? withoutType.slice(0, -unit.length - 1) : withoutType;
}
