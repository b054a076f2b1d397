/** `npm run check`: types, lint, format, architecture, dead code. Runs all of them and names those that failed. */
import { spawnSync } from "node:child_process";
import { ROOT } from "./set-up.mjs";

const CHECKS = [
  ["types", ["npx", "tsc", "-b"]],
  ["types of the UI", ["npx", "tsc", "-p", "packages/ui", "--noEmit"]],
  ["types of tests", ["npx", "tsc", "-p", "tsconfig.tests.json", "--noEmit"]],
  ["lint", ["npx", "oxlint", "--type-aware"]],
  ["format", ["npx", "oxfmt", "--check"]],
  ["architecture", ["node", "scripts/check-architecture.mjs"]],
  ["error codes", ["node", "scripts/check-error-codes.mjs"]],
  ["dead code", ["npx", "knip", "--no-progress"]],
];

const failed = CHECKS.filter(([name, [command, ...args]]) => {
  console.log(`— ${name}`);
  return spawnSync(command, args, { cwd: ROOT, stdio: "inherit" }).status !== 0;
});
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.map(([name]) => name).join(", ")}`);
  process.exit(1);
}
console.log("\nall checks passed");
