/** Floating-point functions where Go's results differ from JavaScript's. */
export function goPow(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && Math.abs(exponent) === Infinity) return 1;
  return base ** exponent;
}

/** Writes a float as Go's `%g` and `%v` do. */
export function goGeneralText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  if (exponent >= -4 && Number(power) < 21 && Number(power) >= -4) return String(value);
  const digits = Math.abs(Number(power)).toString().padStart(2, "0");
  return `${mantissa}e${Number(power) < 0 ? "-" : "+"}${digits}`;
}
