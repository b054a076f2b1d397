/** Checks that every code that is thrown stands in docs/errors.md, and that nothing stands there that is not thrown. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./set-up.mjs";

/** Codes are the first argument of an error's constructor. */
const THROWN = /(?:new \w*Error|super)\(\s*"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"/g;

const thrown = new Set();
for (const parent of ["packages", "examples"]) {
  for (const name of readdirSync(join(ROOT, parent))) collect(join(ROOT, parent, name, "src"));
}
const documented = new Set(
  [...readFileSync(join(ROOT, "docs/errors.md"), "utf8").matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, code]) => code),
);
const faults = [
  ...[...thrown].filter((code) => !documented.has(code)).map((code) => `${code} is thrown but not in docs/errors.md`),
  ...[...documented].filter((code) => !thrown.has(code)).map((code) => `${code} is in docs/errors.md but never thrown`),
];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log(`${thrown.size} error codes are documented`);

function collect(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) collect(path);
    else if (/\.tsx?$/.test(entry.name) && !/\.test(?:-kit)?\.tsx?$/.test(entry.name)) {
      for (const [, code] of readFileSync(path, "utf8").matchAll(THROWN)) thrown.add(code);
    }
  }
}
