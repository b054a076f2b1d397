/** A number without an exponent, as Prometheus's translator writes bounds and quantiles: `0.0000001`, `1000000000000000000000`. */
export function decimalText(value: number): string {
  const text = String(value);
  const [mantissa = "", exponentText] = text.split("e");
  if (exponentText === undefined) return value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : text;
  const exponent = Number(exponentText);
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.slice(sign.length).split(".");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${whole}${fraction}`;
  return `${sign}${whole}${fraction}${"0".repeat(exponent - fraction.length)}`;
}
