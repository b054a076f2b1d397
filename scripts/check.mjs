/** `npm run check`: types, lint, format, architecture, error codes, compliance, packaging, dead code. Runs all of them and names those that failed. */
import { spawnSync } from "node:child_process";
import { ROOT } from "./set-up.mjs";

const PUBLISHED = ["base", "otlp", "sdk", "instrument", "store", "collector", "query", "server", "clew"];

const CHECKS = [
  { name: "types", command: ["npx", "tsc", "-b"] },
  { name: "types of the UI", command: ["npx", "tsc", "-p", "packages/ui", "--noEmit"] },
  { name: "types of tests", command: ["npx", "tsc", "-p", "tsconfig.tests.json", "--noEmit"] },
  { name: "lint", command: ["npx", "oxlint", "--type-aware"] },
  { name: "format", command: ["npx", "oxfmt", "--check"] },
  { name: "architecture", command: ["node", "scripts/check-architecture.mjs"] },
  { name: "error codes", command: ["node", "scripts/check-error-codes.mjs"] },
  { name: "compliance", command: ["node", "scripts/compliance.mjs", "--check"] },
  ...PUBLISHED.map((name) => ({
    name: `packaging of ${name}`,
    command: ["npx", "publint", `packages/${name}`, "--strict"],
  })),
  { name: "dead code", command: ["npx", "knip", "--no-progress"] },
];

const failed = CHECKS.filter(({ name, command: [program, ...args] }) => {
  console.log(`— ${name}`);
  return spawnSync(program, args, { cwd: ROOT, stdio: "inherit" }).status !== 0;
});
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.map(({ name }) => name).join(", ")}`);
  process.exit(1);
}
console.log("\nall checks passed");
