/** Floating-point functions where Go's results differ from JavaScript's. */
export function goPow(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && Math.abs(exponent) === Infinity) return 1;
  return base ** exponent;
}

/** From a million on, and below a ten thousandth, Go writes an exponent. */
const LEAST_POWER = -4;
const FIRST_LARGE_POWER = 6;

/** Writes a float as Go's `%g` and `%v` do. */
export function goGeneralText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [mantissa = "", text = "0"] = value.toExponential().split("e");
  const power = Number(text);
  if (power >= LEAST_POWER && power < FIRST_LARGE_POWER) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${Math.abs(power).toString().padStart(2, "0")}`;
}
