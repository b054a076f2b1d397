/**
 * `npm run conformance [-- SUITE …]`: runs other projects' test suites, whose data `CLEW_CONFORMANCE_DIR` points at.
 * Ends with `N passed, N failed`; suites whose data is not there are reported as skipped, by name.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./set-up.mjs";

const RECEIVER = "packages/collector/src/components/receivers/prometheus";
const PARSER_TESTS = "packages/query/src/promql/parser-conformance.test.ts";

/** For each suite its data, the file of its tests, and which tests of the file are meant. */
const SUITES = {
  promql: {
    data: "promql",
    file: "packages/query/src/promql/conformance.test.ts",
    tests: "gives what Prometheus gives",
  },
  "promql-parser": {
    data: "prometheus/parser_cases/promql_parse.jsonl",
    file: PARSER_TESTS,
    tests: "parser cases line",
  },
  "promql-series": {
    data: "prometheus/parser_cases/promql_parse.jsonl",
    file: "packages/query/src/promql/series-conformance.test.ts",
    tests: "series cases line",
  },
  "promql-lexer": { data: "prometheus/parser_cases/promql_lex.jsonl", file: PARSER_TESTS, tests: "lexer cases" },
  "promql-printer": {
    data: "prometheus/parser_cases/promql_printer.jsonl",
    file: PARSER_TESTS,
    tests: "printer cases",
  },
  "promql-prettier": {
    data: "prometheus/parser_cases/promql_prettier.jsonl",
    file: PARSER_TESTS,
    tests: "prettier cases",
  },
  openmetrics: {
    data: "openmetrics",
    file: `${RECEIVER}/exposition/exposition.test.ts`,
    tests: "OpenMetrics's own cases",
  },
  "text-format": {
    data: "prometheus/parser_cases/prom_text.jsonl",
    file: `${RECEIVER}/exposition/exposition.test.ts`,
    tests: "own bad pages in .+ is (refused|taken)",
  },
  relabel: {
    data: "prometheus/parser_cases/relabel.jsonl",
    file: "packages/collector/src/relabel/relabel.test.ts",
    tests: "gives what Prometheus gives",
  },
  "otlp-translation": {
    data: "prometheus/otlp_translation",
    file: "packages/otlp/src/prometheus-name.test.ts",
    tests: "",
  },
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in SUITES));
if (unknown !== undefined) {
  console.error(`no suite "${unknown}": ${Object.keys(SUITES).join(", ")}`);
  process.exit(1);
}
const directory = process.env.CLEW_CONFORMANCE_DIR;
const scratch = mkdtempSync(join(tmpdir(), "clew-conformance-"));
const total = { passed: 0, failed: 0 };
for (const name of asked.length === 0 ? Object.keys(SUITES) : asked) runSuite(name);
rmSync(scratch, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

function runSuite(name) {
  const { data, file, tests } = SUITES[name];
  if (directory === undefined || !existsSync(join(directory, data))) {
    console.log(`skipped: ${name} (CLEW_CONFORMANCE_DIR has no ${data})`);
    return;
  }
  const report = join(scratch, `${name}.json`);
  const vitest = [
    "node_modules/vitest/vitest.mjs",
    "run",
    file,
    "-t",
    tests,
    "--reporter=json",
    `--outputFile=${report}`,
  ];
  spawnSync(process.execPath, vitest, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const { testResults } = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : { testResults: [] };
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const passed = results.filter(({ status }) => status === "passed").length;
  const failures = results.filter(({ status }) => status === "failed");
  for (const { fullName, failureMessages } of failures) console.log(`failed: ${fullName}\n  ${failureMessages[0]}`);
  // A suite of which nothing ran has not passed.
  const failed = passed + failures.length === 0 ? 1 : failures.length;
  if (failed > failures.length) console.log(`failed: ${name} has no test that ran`);
  console.log(`${name}: ${passed} passed, ${failed} failed`);
  total.passed += passed;
  total.failed += failed;
}
