/** From this exponent on, and below the other one, Go writes numbers with an exponent. */
const LARGE = 6;
const SMALL = -4;

/** A number as Prometheus's Go client writes bounds and quantiles: `0.5`, `1e+06`, `1e-07`, `+Inf`. */
export function boundText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const [mantissa = "", exponentText = ""] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= SMALL && exponent < LARGE) return String(value);
  const digits = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
}
