import { goGeneralText } from "./go-float.ts";

/** A quantile as a label's value, in OpenMetrics's form: whole numbers have ".0". */
export function quantileLabelText(q: number): string {
  const text = goGeneralText(q);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
