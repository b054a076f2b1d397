/**
 * Writes docs/compliance.md from the tests that name rows of the specification's compliance matrix: those under
 * `describe("compliance: SECTION")` in `*.compliance.test.ts`. With `--check` it writes nothing and fails where the
 * file is not what it would write.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { relative, join } from "node:path";
import { parseSync } from "oxc-parser";
import { ROOT } from "./set-up.mjs";

const DOCUMENT = join(ROOT, "docs", "compliance.md");
const INTRODUCTION = `# Compliance

What the OpenTelemetry specification's compliance matrix asks of an SDK, row by row, with the test that shows it. Every row below is
there; what is missing of the matrix stands at the end. Run a section with \`npx vitest run FILE\`.

This file is written from the tests by \`node scripts/compliance.mjs\`, and \`npm run check\` fails where it is out of date.
`;
/** Rows of the matrix that the SDK does not have, and why. */
const MISSING = [
  "OpenCensus Binary Propagator: optional, and OpenCensus has ended.",
  "Zipkin: the JSON of version 1 and Thrift, which servers no longer need. Version 2 is there.",
  "Prometheus exporter: the exporter is there and tested (`packages/sdk/src/exporters/prometheus`); its rows are not named one by one.",
];

const files = ["sdk", "instrument"]
  .flatMap((name) =>
    readdirSync(join(ROOT, "packages", name, "src"), { recursive: true, encoding: "utf8" }).map((path) =>
      join("packages", name, "src", path),
    ),
  )
  .filter((path) => path.endsWith(".compliance.test.ts"))
  .sort();
// Section --> [row, file]
const sections = new Map();
for (const file of files) {
  const path = join(ROOT, file);
  const { program } = parseSync(path, readFileSync(path, "utf8"));
  for (const call of calls(program.body, "describe")) {
    const [, section] = /^compliance: (.*)$/.exec(titleOf(call) ?? "") ?? [];
    if (section === undefined) continue;
    const rows = [...calls(call.arguments, "test")].map((test) => [titleOf(test), relative(ROOT, path)]);
    sections.set(section, [...(sections.get(section) ?? []), ...rows]);
  }
}

const text = [
  INTRODUCTION,
  ...[...sections].sort(([left], [right]) => left.localeCompare(right)).map(sectionText),
  ...(MISSING.length === 0 ? [] : [`## Not there\n\n${MISSING.map((line) => `- ${line}`).join("\n")}\n`]),
].join("\n");

if (!process.argv.includes("--check")) writeFileSync(DOCUMENT, text);
else if (readFileSync(DOCUMENT, "utf8") !== text) {
  console.error("docs/compliance.md is not what the tests say: run node scripts/compliance.mjs");
  process.exit(1);
}
console.log(`${[...sections.values()].flat().length} rows in ${sections.size} sections`);

function sectionText([section, rows]) {
  const lines = rows.map(([row, file]) => `| ${row.replaceAll("|", "\\|")} | \`${file}\` |`);
  return `## ${section}\n\n| row | test |\n|---|---|\n${lines.join("\n")}\n`;
}

/** The calls of `name`, `name.each(…)` and `name.skipIf(…)` in a tree. */
function* calls(node, name) {
  if (Array.isArray(node)) {
    for (const item of node) yield* calls(item, name);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  if (node.type === "CallExpression" && calleeOf(node.callee) === name && titleOf(node) !== undefined) yield node;
  for (const [key, value] of Object.entries(node)) if (key !== "parent") yield* calls(value, name);
}

function calleeOf(node) {
  if (node.type === "Identifier") return node.name;
  if (node.type === "CallExpression") return calleeOf(node.callee);
  return node.type === "MemberExpression" ? calleeOf(node.object) : undefined;
}

/** Undefined where the first argument is no text. */
function titleOf({ arguments: [first] }) {
  return first?.type === "Literal" && typeof first.value === "string" ? first.value : undefined;
}
