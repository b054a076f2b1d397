/** The functions that map each float on its own. Parameters are the scalar arguments at that step. */
export const FLOAT_FUNCTIONS: ReadonlyMap<string, (value: number, parameters: readonly number[]) => number> = new Map<
  string,
  (value: number, parameters: readonly number[]) => number
>([
  ["abs", Math.abs],
  ["ceil", Math.ceil],
  ["floor", Math.floor],
  ["exp", Math.exp],
  ["sqrt", Math.sqrt],
  ["ln", Math.log],
  ["log2", Math.log2],
  ["log10", Math.log10],
  ["sin", Math.sin],
  ["cos", Math.cos],
  ["tan", Math.tan],
  ["asin", Math.asin],
  ["acos", Math.acos],
  ["atan", Math.atan],
  ["sinh", Math.sinh],
  ["cosh", Math.cosh],
  ["tanh", Math.tanh],
  ["asinh", Math.asinh],
  ["acosh", Math.acosh],
  ["atanh", Math.atanh],
  ["rad", (degrees) => (degrees * Math.PI) / 180],
  ["deg", (radians) => (radians * 180) / Math.PI],
  ["sgn", Math.sign],
  ["round", round],
  ["clamp_min", (value, [lowest = NaN]) => atLeast(value, lowest)],
  ["clamp_max", (value, [highest = NaN]) => atMost(value, highest)],
  ["clamp", (value, [lowest = NaN, highest = NaN]) => atLeast(atMost(value, highest), lowest)],
  ["minute", (seconds) => utc(seconds).getUTCMinutes()],
  ["hour", (seconds) => utc(seconds).getUTCHours()],
  ["day_of_week", (seconds) => utc(seconds).getUTCDay()],
  ["day_of_month", (seconds) => utc(seconds).getUTCDate()],
  ["day_of_year", dayOfYear],
  ["days_in_month", daysInMonth],
  ["month", (seconds) => utc(seconds).getUTCMonth() + 1],
  ["year", (seconds) => utc(seconds).getUTCFullYear()],
]);

const DAY_MS = 86_400_000;

/** To the nearest multiple, halves upwards. Dividing by the inverse keeps `round(x, 0.1)` exact. */
function round(value: number, [toNearest = 1]: readonly number[]): number {
  const inverse = 1 / toNearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

function atLeast(value: number, lowest: number): number {
  return Number.isNaN(value) || Number.isNaN(lowest) ? NaN : Math.max(value, lowest);
}

function atMost(value: number, highest: number): number {
  return Number.isNaN(value) || Number.isNaN(highest) ? NaN : Math.min(value, highest);
}

function utc(seconds: number): Date {
  return new Date(Math.trunc(seconds) * 1000);
}

function dayOfYear(seconds: number): number {
  const date = utc(seconds);
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
}

function daysInMonth(seconds: number): number {
  const date = utc(seconds);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}
