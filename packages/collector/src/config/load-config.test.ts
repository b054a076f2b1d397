import { expect, test } from "vitest";
import { Place } from "../schema/place.ts";
import { field, integer, section, string } from "../schema/schema.ts";
import { loadConfig } from "./load-config.ts";

const env = {
  HOST: "example.org",
  PORT: "8080",
  ZERO: "0123",
  LIST: "[a, b]",
  NESTED: "${env:HOST}",
  EMPTY: "",
  NAME: "HOST",
};

/** What a setting of this text is, as string settings and others see it. */
function read(text: string): { asString: unknown; problems: string[]; unset: readonly string[] } {
  const config = loadConfig(`key: ${JSON.stringify(text)}`, env);
  const place = new Place("", []);
  const { key } = section<{ key: string }>({ key: field(string, undefined, "") }).read(config.root, place);
  return { asString: key, problems: place.problems.map(({ what }) => what), unset: config.unsetVariables };
}

test.each([
  ["${env:HOST}:4317", "example.org:4317"],
  ["${HOST}", "example.org"],
  ["${env:NOPE:-fallback}", "fallback"],
  ["${env:NOPE:-${env:HOST}}", "example.org"],
  ["${env:${env:NAME}}", "example.org"],
  ["${env:NESTED}", "example.org"],
  ["${env:ZERO}", "0123"],
  ["${env:EMPTY:-never}", ""],
  ["$$HOME and $${env:HOST}", "$HOME and ${env:HOST}"],
  ["costs $5", "costs $5"],
])("expands %s to %s", (text, expected) => {
  expect(read(text)).toEqual({ asString: expected, problems: [], unset: [] });
});

test("reads what was expanded as YAML, for settings that are no text", () => {
  const { root } = loadConfig("port: ${env:PORT}\nlist: ${env:LIST}", env);
  const port = section<{ port: number; list: unknown }>({
    port: field(integer(), 0, ""),
    list: field({ type: "any", read: (raw) => (raw as { value: unknown }).value }, undefined, ""),
  });
  expect(port.read(root, new Place("", []))).toEqual({ port: 8080, list: ["a", "b"] });
});

test("leaves a variable that is not set empty, and says so", () => {
  expect(read("a${env:NOPE}b")).toEqual({ asString: "ab", problems: [], unset: ["NOPE"] });
});

test("refuses names, schemes and YAML that are none, all at once", () => {
  expect(() => loadConfig(["a: ${env:x-y}\nb: ${vault:z}", "c: [\n"], env)).toThrow(
    /environment variable "x-y" has invalid name: must match regex[^]*scheme "vault" is not supported for uri "vault:z"[^]*yaml: /,
  );
});

test("stops at references without end", () => {
  expect(() => loadConfig("a: ${env:LOOP}", { LOOP: "x${env:LOOP}" })).toThrow("too many recursive expansions");
});

test("lays later texts over earlier ones: mappings merge, lists replace", () => {
  const { root } = loadConfig(["a: { x: 1, y: [1, 2] }\nb: 1", "a: { y: [3], z: 4 }"], {});
  expect(root).toEqual({ a: { x: 1, y: [3], z: 4 }, b: 1 });
});
