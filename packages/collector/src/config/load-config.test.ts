import { expect, test } from "vitest";
import { Place } from "../schema/place.ts";
import { field, integer, section, string } from "../schema/schema.ts";
import { plainOf } from "../schema/expanded.ts";
import { nodeWorld, type ConfigWorld } from "./config-world.ts";
import { loadConfig, readSources, uriOfSetting } from "./load-config.ts";

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
async function read(text: string): Promise<{ asString: unknown; problems: string[]; unset: readonly string[] }> {
  const config = await loadConfig(`key: ${JSON.stringify(text)}`, env);
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
])("expands %s to %s", async (text, expected) => {
  expect(await read(text)).toEqual({ asString: expected, problems: [], unset: [] });
});

test("reads what was expanded as YAML, for settings that are no text", async () => {
  const { root } = await loadConfig("port: ${env:PORT}\nlist: ${env:LIST}", env);
  const port = section<{ port: number; list: unknown }>({
    port: field(integer(), 0, ""),
    list: field({ type: "any", read: (raw) => (raw as { value: unknown }).value }, undefined, ""),
  });
  expect(port.read(root, new Place("", []))).toEqual({ port: 8080, list: ["a", "b"] });
});

test("leaves a variable that is not set empty, and says so", async () => {
  expect(await read("a${env:NOPE}b")).toEqual({ asString: "ab", problems: [], unset: ["NOPE"] });
});

test("refuses names, schemes and YAML that are none, all at once", async () => {
  await expect(loadConfig(["a: ${env:x-y}\nb: ${vault:z}", "c: [\n"], env)).rejects.toThrow(
    /environment variable "x-y" has invalid name: must match regex[^]*scheme "vault" is not supported for uri "vault:z"[^]*yaml: /,
  );
});

test("stops at references without end", async () => {
  await expect(loadConfig("a: ${env:LOOP}", { LOOP: "x${env:LOOP}" })).rejects.toThrow("too many recursive expansions");
});

test("lays later texts over earlier ones: mappings merge, lists replace", async () => {
  const { root } = await loadConfig(["a: { x: 1, y: [1, 2] }\nb: 1", "a: { y: [3], z: 4 }"], {});
  expect(root).toEqual({ a: { x: 1, y: [3], z: 4 }, b: 1 });
});

test("takes parts from files, addresses and inline YAML, and several keys in one", async () => {
  const world: ConfigWorld = {
    env: { NAME: "x" },
    readFile: (path) =>
      path === "part.yaml"
        ? Promise.resolve("endpoint: ${env:NAME}:1\nlist: [1]")
        : Promise.reject(new Error("no such file")),
    fetch: (url) => Promise.resolve(`from: ${url}`),
  };
  const { root } = await loadConfig(
    [
      "a: ${file:part.yaml}\nb: ${http://localhost:1/c.yaml}\nc: ${yaml:[1, 2]}\nd: { e: { f: 1, g: 2 } }",
      "d::e::f: 3",
      "a: { list: [2] }",
      "c:",
    ],
    world,
  );
  expect(JSON.parse(JSON.stringify(root, (_key, one: unknown) => plainOf(one)))).toEqual({
    a: { endpoint: "x:1", list: [2] },
    b: { from: "http://localhost:1/c.yaml" },
    c: null,
    d: { e: { f: 3, g: 2 } },
  });
  await expect(loadConfig("a: ${file:none.yaml}", world)).rejects.toThrow(
    "a: unable to read the file none.yaml: no such file",
  );
});

test("a file that refers to itself ends", async () => {
  const world = { ...nodeWorld({}), readFile: () => Promise.resolve("again: ${file:self.yaml}") };
  await expect(loadConfig("a: ${file:self.yaml}", world)).rejects.toThrow("too many recursive expansions");
});

test("reads what the command line names: files, addresses, settings", async () => {
  const world: ConfigWorld = {
    env: { CONFIG: "c: 3" },
    readFile: (path) => (path === "C.yaml" ? Promise.resolve("a: 1") : Promise.reject(new Error("no such file"))),
    fetch: (url) => Promise.resolve(`url: ${url}`),
  };
  const uris = ["C.yaml", "file:C.yaml", "env:CONFIG", "https://h/x", uriOfSetting("processors.batch.timeout=2s")!];
  expect((await readSources(uris, world)).map(({ name, text }) => [name, text])).toEqual([
    ["C.yaml", "a: 1"],
    ["C.yaml", "a: 1"],
    ["env:CONFIG", "c: 3"],
    ["https://h/x", "url: https://h/x"],
    ["yaml:processors::batch::timeout: 2s", "processors::batch::timeout: 2s"],
  ]);
  expect(uriOfSetting("nonsense")).toBeUndefined();
  await expect(readSources(["none.yaml", "s3:bucket"], world)).rejects.toThrow(
    /cannot retrieve the configuration: unable to read the file none.yaml: no such file[^]*scheme "s3" is not supported/,
  );
});

test("tells the line and column of a broken text", async () => {
  await expect(loadConfig([{ name: "c.yaml", text: "a: 1\nb: [1\n" }], {})).rejects.toThrow(/ {2}c\.yaml:3:1: yaml: /);
});

test.each([
  ["a: &x [1, *x]", "an anchor's value contains itself"],
  [`a: ${"[".repeat(300)}${"]".repeat(300)}`, "it nests more than 200 levels deep"],
  [
    "a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c]",
    "Excessive alias count",
  ],
])("refuses YAML without end: %s", async (text, expected) => {
  await expect(loadConfig(text, {})).rejects.toThrow(expected);
});
