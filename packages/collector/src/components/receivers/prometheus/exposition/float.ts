const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  "+inf": Infinity,
  "-inf": -Infinity,
  infinity: Infinity,
  "+infinity": Infinity,
  "-infinity": -Infinity,
};
/** As many decimal digits as a double surely holds. */
const SAFE_DIGITS = 15;

/** Reads a number as Go does, without its hexadecimal and underscores. Undefined for anything else. */
export function parseFloatText(text: string): number | undefined {
  return wholeNumber(text) ?? (DECIMAL.test(text) ? Number(text) : NAMED[text.toLowerCase()]);
}

/** The usual case, without a regular expression. */
function wholeNumber(text: string): number | undefined {
  if (text.length === 0 || text.length > SAFE_DIGITS) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}
