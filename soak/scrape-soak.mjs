/**
 * `npm run soak-scrape [-- --seconds N] [--interval 1s]`: `clew up` scrapes 10,000 series, a part of which end and begin anew
 * all the time. At the end memory must have stayed flat, every scrape must be there, and questions answered. With
 * an interval below a second, as many scrapes as hours of Prometheus's bring are over in minutes. Ends with `N passed, N failed`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { memoryBytes } from "../bench/process-usage.mjs";
import { startClew } from "../bench/running-clew.mjs";
import { setUp } from "../scripts/set-up.mjs";
import { ScrapeTargets, TARGETS } from "./scrape-targets.mjs";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "600" }, interval: { type: "string", default: "250ms" } },
});
const SECONDS = Number(values.seconds);
/** The second half may take this much more than the first. */
const MAX_GROWTH = 1.25;
const SETTLE_MS = 15_000;
const SAMPLE_MS = 1_000;
/** Of one in a hundred the moment may pass on a busy machine. */
const MIN_SCRAPED = 0.99;

setUp();
const directory = mkdtempSync(join(tmpdir(), "clew-soak-scrape-"));
const targets = new ScrapeTargets();
const addresses = await targets.listen();
const file = join(directory, "prometheus.yml");
writeFileSync(
  file,
  JSON.stringify({
    global: { scrape_interval: values.interval, scrape_timeout: values.interval },
    scrape_configs: [{ job_name: "soak", static_configs: [{ targets: addresses }] }],
  }),
);
const clew = await startClew(["--prometheus-config", file]);
const memory = [];
const startedAtMs = Date.now();
try {
  while (Date.now() - startedAtMs < SECONDS * 1_000) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    memory.push({ program: memoryBytes(clew.pid).rss, engine: memoryBytes(clew.enginePid).rss });
    if (memory.length % 10 === 0) await ask("sum by (job) (rate(requests_total[1m]))");
  }
  const [scrapes, endMs] = [targets.scrapes, Date.now()];
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  await report(scrapes, endMs);
} finally {
  targets.close();
  await clew.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function report(scrapes, endMs) {
  const whole = `[${Math.ceil((endMs - startedAtMs) / 1_000) + 60}s] @ ${endMs / 1_000}`;
  const [{ value: ups }] = await ask(`sum(count_over_time(up${whole}))`);
  const [{ value: good }] = await ask(`sum(sum_over_time(up${whole}))`);
  const [{ value: samples }] = await ask(`sum(sum_over_time(scrape_samples_scraped${whole}))`);
  const both = memory.map(({ program, engine }) => program + engine);
  const halves = (list) => [list.slice(list.length / 4, list.length / 2), list.slice(list.length / 2)].map(median);
  const [first, second] = halves(both);
  const parts = ["program", "engine"].map((name) => {
    const [early, late] = halves(memory.map((one) => one[name]));
    return `${name} ${mib(early)}, ${mib(late)}`;
  });
  console.log(`
scraped    ${scrapes} times from ${TARGETS} targets, every ${values.interval}; stored ${ups[1]}, of which ${good[1]} went well
samples    ${samples[1]}
memory     ${mib(first)} MiB in the second quarter, ${mib(second)} in the second half, at most ${mib(Math.max(...both))} (${parts.join("; ")})`);
  const checks = [
    ["every page that was scraped is stored", Number(good[1]) >= MIN_SCRAPED * scrapes],
    ["questions about all of it are answered", Number(samples[1]) >= MIN_SCRAPED * scrapes * 1_000],
    [`memory stays flat (at most ${MAX_GROWTH} times)`, second <= MAX_GROWTH * first],
  ];
  for (const [what, isRight] of checks) console.log(`${isRight ? "holds" : "FAILS"}  ${what}`);
  const failed = checks.filter(([, isRight]) => !isRight).length;
  console.log(`\n${checks.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function ask(query) {
  const response = await fetch(`${clew.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
  if (!response.ok) throw new Error(`${query}: ${response.status} ${await response.text()}`);
  return (await response.json()).data.result;
}

function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
}

function mib(bytes) {
  return Math.round(bytes / 1_048_576);
}
