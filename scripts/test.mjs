/**
 * `npm test`: sets up, runs every check and test that this machine can run, and says what it
 * left out and why. Ends with `N passed, N failed`; arguments go to vitest.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingTools } from "./optional-tools.mjs";
import { ROOT, setUp } from "./set-up.mjs";

setUp();
const scratch = mkdtempSync(join(tmpdir(), "clew-test-"));
const report = join(scratch, "report.json");
const { status } = spawnSync(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: "inherit" },
);
const results = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
rmSync(scratch, { recursive: true, force: true });

if (results === undefined) {
  console.error("The tests did not run to their end.");
  process.exit(1);
}
tellSkipped(results);
const failed = results.numFailedTests + failedFiles(results);
console.log(`\n${results.numPassedTests} passed, ${failed} failed`);
process.exitCode = status === 0 && failed === 0 && results.numPassedTests > 0 ? 0 : 1;

function tellSkipped({ testResults }) {
  const skipped = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "pending" || status === "skipped"),
  );
  for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
  for (const { name, enables, remedy } of missingTools())
    console.log(`${name} is not here, so no ${enables}: ${remedy}`);
}

/** Files that failed before any of their tests ran. */
function failedFiles({ testResults }) {
  return testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.every((one) => one.status !== "failed"),
  ).length;
}
