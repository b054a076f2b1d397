import * as fc from "fast-check";

const texts = ["GET", "POST", "täglich", "", "x".repeat(39), "x".repeat(300), "x".repeat(9_000)];
const numbers = [0, -0, 1, 127, 128, -1, 2 ** 31, 1.5, Number.NaN];
/** Values of every kind and width that attributes are written in. */
export const attributeValue: fc.Arbitrary<string | number | boolean | number[]> = fc.oneof(
  fc.constantFrom<string | number>(...texts, ...numbers),
  fc.constantFrom(0, -0),
  fc.boolean(),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.nat(20_000),
  fc.array(fc.nat(3), { maxLength: 2 }),
);
