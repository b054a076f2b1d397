import { expect, test } from "vitest";
import { plainOf, textOfValue, typeOfValue } from "./any-value.ts";

test("shows text as it is and numbers in full", () => {
  expect(textOfValue({ stringValue: "a\nb" })).toBe("a\nb");
  expect(textOfValue({ intValue: "9223372036854775807" })).toBe("9223372036854775807");
  expect(textOfValue({ doubleValue: 0.5 })).toBe("0.5");
  expect(textOfValue({ boolValue: false })).toBe("false");
});

test("shows lists and maps as JSON", () => {
  const value = { kvlistValue: { values: [{ key: "a", value: { arrayValue: { values: [{ intValue: "1" }] } } }] } };
  expect(plainOf(value)).toEqual({ a: [1] });
  expect(textOfValue(value)).toBe('{\n  "a": [\n    1\n  ]\n}');
});

test("shows a value that is not set as nothing", () => {
  expect(textOfValue({})).toBe("");
  expect(typeOfValue({})).toBeUndefined();
});
