import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readAlertmanagerFiles } from "./alertmanager-files.ts";
import { keptFile } from "./kept-file.ts";
import { readRuleFiles } from "./rule-files.ts";

const directory = mkdtempSync(join(tmpdir(), "clew-rule-files-"));
afterAll(() => rmSync(directory, { recursive: true }));
const path = (name: string): string => join(directory, name);
mkdirSync(path("templates"));
for (const name of ["a.yml", "b.yml", "c.txt", "templates/one.tmpl", "templates/two.tmpl"])
  writeFileSync(path(name), name);

test("files are read once each, in the order of the patterns", async () => {
  const files = await readRuleFiles({
    files: [path("b.yml"), path("*.yml"), path("no*.yml")],
    optionalFiles: [path("b.yml"), path("absent.yml"), path("*.txt")],
  });
  expect(files).toEqual([
    { path: path("b.yml"), text: "b.yml" },
    { path: path("a.yml"), text: "a.yml" },
    { path: path("c.txt"), text: "c.txt" },
  ]);
  await expect(readRuleFiles({ files: [path("absent.yml")], optionalFiles: [] })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
});

test("templates are looked for beside the configuration that names them", async () => {
  writeFileSync(path("alertmanager.yml"), "config");
  const read = (text: string): readonly string[] => (text === "config" ? ["templates/*.tmpl", path("c.txt")] : []);
  expect(await readAlertmanagerFiles(path("alertmanager.yml"), read)).toEqual({
    text: "config",
    templates: ["templates/one.tmpl", "templates/two.tmpl", "c.txt"],
  });
  await expect(readAlertmanagerFiles(path("absent"), read)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});

test("what is kept is read again; what is no list is told, and stays", async () => {
  const file = keptFile(path("state/silences.json"));
  expect(await file.read()).toBeUndefined();
  await file.write('[{"id":"a"}]');
  await file.write("[]");
  expect(await file.read()).toBe("[]");
  for (const text of ["{}", "[", ""]) {
    writeFileSync(path("state/silences.json"), text);
    await expect(file.read()).rejects.toMatchObject({
      code: "ALERT_STATE_UNREADABLE",
      path: path("state/silences.json"),
    });
    expect(readFileSync(path("state/silences.json"), "utf8")).toBe(text);
  }
});
