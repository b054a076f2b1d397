import { expect, test } from "vitest";
import { parseYaml } from "./parse-configuration.ts";

const ENV = {
  STRING_VALUE: "value",
  BOOL_VALUE: "true",
  INT_VALUE: "1",
  FLOAT_VALUE: "1.1",
  HEX_VALUE: "0xdeadbeef",
  INVALID_MAP_VALUE: "value\nkey:value",
  DO_NOT_REPLACE_ME: "Never use this value",
  REPLACE_ME: "${DO_NOT_REPLACE_ME}",
  VALUE_WITH_ESCAPE: "value$$",
  EMPTY: "",
};

// The table of the specification, "Environment variable substitution".
test.each<[string, unknown]>([
  ["${STRING_VALUE}", "value"],
  ["${BOOL_VALUE}", true],
  ["${INT_VALUE}", 1],
  ["${FLOAT_VALUE}", 1.1],
  ["${HEX_VALUE}", 3_735_928_559],
  ['"${STRING_VALUE}"', "value"],
  ['"${BOOL_VALUE}"', "true"],
  ['"${INT_VALUE}"', "1"],
  ['"${FLOAT_VALUE}"', "1.1"],
  ['"${HEX_VALUE}"', "0xdeadbeef"],
  ["${env:STRING_VALUE}", "value"],
  ["${INVALID_MAP_VALUE}", "value\nkey:value"],
  ["foo ${STRING_VALUE} ${FLOAT_VALUE}", "foo value 1.1"],
  ["${UNDEFINED_KEY}", null],
  ["${EMPTY:-fallback}", "fallback"],
  ["${UNDEFINED_KEY:-fallback}", "fallback"],
  ["${env:UNDEFINED_KEY:-fallback}", "fallback"],
  ["${REPLACE_ME}", "${DO_NOT_REPLACE_ME}"],
  ["${UNDEFINED_KEY:-${STRING_VALUE}}", "${STRING_VALUE}"],
  ["$${STRING_VALUE}", "${STRING_VALUE}"],
  ["$$${STRING_VALUE}", "$value"],
  ["$$$${STRING_VALUE}", "$${STRING_VALUE}"],
  ["$${STRING_VALUE:-fallback}", "${STRING_VALUE:-fallback}"],
  ["$${STRING_VALUE:-${STRING_VALUE}}", "${STRING_VALUE:-value}"],
  ["${UNDEFINED_KEY:-$${UNDEFINED_KEY}}", "${UNDEFINED_KEY:-${UNDEFINED_KEY}}"],
  ["${VALUE_WITH_ESCAPE}", "value$$"],
  ["a $$ b", "a $ b"],
  ["no reference", "no reference"],
])("%s is %j", (text, expected) => {
  expect(parseYaml(`key: ${text}`, ENV)).toEqual({ model: { key: expected }, problems: [] });
});

test("keys stay as they are", () => {
  expect(parseYaml("${STRING_VALUE}: value", ENV).model).toEqual({ "${STRING_VALUE}": "value" });
});

test.each(["${STRING_VALUE:?error}", "${1API_KEY}", "${API_$KEY}", "${sys:os.name}"])(
  "%s is malformed, which is told with its line",
  (text) => {
    const { model, problems } = parseYaml(`first: 1\nkey: ${text}`, ENV);
    expect(model).toBeUndefined();
    expect(problems).toEqual([
      { path: "", message: expect.stringMatching(/^line 2: \$\{.* is no reference/), severity: "error" },
    ]);
  },
);
