/** `clew up --prometheus-config`: what is scraped, and by which rules, changes while the program runs. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const directory = temporaryDirectory();
const file = join(directory.path, "conf", "prometheus.yml");
let scrapes = 0;
let address: string;
let target: Server;
let clew: RunningClew;

beforeAll(async () => {
  target = createServer((request, response) => {
    if (request.url === "/kept") scrapes++;
    response.end(`# TYPE jobs gauge\njobs ${scrapes}\n`);
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${(target.address() as AddressInfo).port}`;
  mkdirSync(join(directory.path, "conf", "targets"), { recursive: true });
  mkdirSync(join(directory.path, "conf", "more"), { recursive: true });
  // Paths count from the directory of the file that they stand in.
  writeFileSync(
    join(directory.path, "conf", "targets", "a.json"),
    JSON.stringify([{ targets: [address], labels: { zone: "a" } }]),
  );
  writeFileSync(join(directory.path, "conf", "more", "secret"), "hush");
  writeFileSync(
    join(directory.path, "conf", "more", "job.yml"),
    `scrape_configs: [{ job_name: more, authorization: { credentials_file: secret }, static_configs: [{ targets: ["${address}"] }] }]`,
  );
  writeConfig(["kept", "going"]);
  clew = await startClew(join(directory.path, "data"), ["--prometheus-config", file]);
}, 60_000);

afterAll(async () => {
  await clew.stop();
  target.close();
  target.closeAllConnections();
  directory.remove();
});

function writeConfig(jobs: readonly string[], more: string = ""): void {
  const job = (name: string): string =>
    `  - { job_name: ${name}, metrics_path: /${name}, file_sd_configs: [{ files: ["targets/*.json"] }] }\n`;
  writeFileSync(
    file,
    `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_config_files: [more/*.yml]
scrape_configs:
${jobs.map(job).join("")}${more}`,
  );
}

/** The jobs that are up, or whatever else a query finds. */
async function jobs(query: string = "up == 1"): Promise<string[]> {
  const url = `${clew.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`;
  const { data } = await getJson<{ data: { result: { metric: Record<string, string> }[] } }>(url);
  return data.result.map(({ metric }) => metric["job"] ?? "").sort();
}

function reload(): Promise<Response> {
  return fetch(`${clew.prometheus}/-/reload`, { method: "POST" });
}

async function runtimeInfo(): Promise<{ reloadConfigSuccess: boolean; lastConfigTime: string; startTime: string }> {
  return (await getJson<{ data: never }>(`${clew.prometheus}/api/v1/status/runtimeinfo`)).data;
}

test("paths count from the file's directory on, in files that it names from theirs", async () => {
  expect(await eventually(jobs, (found) => found.length === 3)).toEqual(["going", "kept", "more"]);
  expect(await jobs('up{zone="a"}')).toEqual(["going", "kept"]);
});

test("on SIGHUP jobs come and go, and those that are as they were go on", async () => {
  const { startTime } = await runtimeInfo();
  writeConfig(["kept", "coming"]);
  writeFileSync(
    join(directory.path, "conf", "rules.yml"),
    "groups: [{ name: g, rules: [{ record: new_rule, expr: up }] }]",
  );
  const before = scrapes;
  clew.process.kill("SIGHUP");
  // The series of a job that went are marked as ended, two intervals later.
  expect(await eventually(jobs, (found) => found.includes("coming") && !found.includes("going"))).toEqual([
    "coming",
    "kept",
    "more",
  ]);
  expect(
    await eventually(
      () => jobs("new_rule"),
      (found) => found.length === 3,
    ),
  ).toContain("coming");
  const { reloadConfigSuccess, lastConfigTime } = await runtimeInfo();
  expect(reloadConfigSuccess).toBe(true);
  expect(Date.parse(lastConfigTime)).toBeGreaterThan(Date.parse(startTime));
  expect(scrapes).toBeGreaterThan(before);
  const { data } = await getJson<{ data: { yaml: string } }>(`${clew.prometheus}/api/v1/status/config`);
  expect(data.yaml).toContain("coming");
  const { data: pools } = await getJson<{ data: { scrapePools: string[] } }>(`${clew.prometheus}/api/v1/scrape_pools`);
  expect(pools.scrapePools).toEqual(["coming", "kept", "more"]);
});

test("targets come and go as soon as the files that name them change", async () => {
  const other = join(directory.path, "conf", "targets", "b.json");
  writeFileSync(other, JSON.stringify([{ targets: [address], labels: { zone: "b" } }]));
  expect(
    await eventually(
      () => jobs('up{zone="b"}'),
      (found) => found.length === 2,
    ),
  ).toEqual(["coming", "kept"]);
  rmSync(other);
  await eventually(
    () => jobs('up{zone="b"}'),
    (found) => found.length === 0,
  );
});

test("a configuration with a fault is refused, and everything goes on as it was", async () => {
  writeConfig(["kept"], "  - { job_name: kept }\n");
  const refused = await reload();
  expect(refused.status).toBe(500);
  expect(await refused.text()).toBe('failed to reload config: found multiple scrape configs with job name "kept"\n');
  expect((await runtimeInfo()).reloadConfigSuccess).toBe(false);
  expect(await jobs()).toEqual(["coming", "kept", "more"]);
  writeConfig(["kept"], "external: 1\n: :\n");
  expect((await reload()).status).toBe(500);
  const before = scrapes;
  await eventually(
    async () => scrapes,
    (count) => count > before + 1,
  );
});

test("what only a start takes is named", async () => {
  writeConfig(["kept", "coming"], "otlp: { translation_strategy: NoTranslation }\n");
  expect((await reload()).status).toBe(200);
  expect(clew.output()).toMatch(/prometheus.yml: what otlp says now holds from the next start on/);
  expect((await runtimeInfo()).reloadConfigSuccess).toBe(true);
});

test("a job whose settings change keeps its series, and none of them ends", async () => {
  writeConfig(
    ["kept"],
    `  - { job_name: coming, metrics_path: /other, file_sd_configs: [{ files: ["targets/*.json"] }] }\n`,
  );
  expect((await reload()).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect(await jobs("jobs")).toEqual(["coming", "kept", "more"]);
});
