import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { consoleLogger } from "@clew/collector";
import { readPrometheusConfig, type PrometheusConfig } from "@clew/server";
import { afterAll, expect, test } from "vitest";
import { ManualClock } from "../../sdk/src/manual-clock.test-kit.ts";
import { ConfigurationWatch } from "./configuration-watch.ts";
import { ClewLiveConfig } from "./live-config.ts";
import { upOptions } from "./options.ts";
import { readText } from "./read-text.ts";

const directory = mkdtempSync(join(tmpdir(), "clew-watch-"));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, "prometheus.yml");

function write(name: string, text: string): void {
  writeFileSync(join(directory, name), text);
}

function setUp(): { watch: ConfigurationWatch; live: ClewLiveConfig; clock: ManualClock; lines: string[] } {
  const lines: string[] = [];
  const clock = new ManualClock();
  const logger = consoleLogger({ write: (line) => void lines.push(line), nowMs: () => clock.nowMs(), level: "info" });
  const live = new ClewLiveConfig({
    prometheus: undefined,
    read: async (): Promise<PrometheusConfig> => readPrometheusConfig(file, await readText(file, "it"), {}),
    ruleOptions: () => upOptions([]).rules,
    targets: undefined,
    rules: undefined,
    clock,
    logger,
  });
  const options = upOptions(["--prometheus-config", file, "--rules", join(directory, "more-*.yml")]);
  return { watch: new ConfigurationWatch({ options, everyMs: 30_000, live, clock, logger }), live, clock, lines };
}

test("the configuration is taken anew when one of its files is another, and only then", async () => {
  write("prometheus.yml", "rule_files: [rules-*.yml]\nscrape_config_files: [jobs/*.yml]\n");
  const { watch, live, lines } = setUp();
  const reloadAfter = async (change: () => void): Promise<boolean> => {
    const before = live.lastReload;
    change();
    await watch.look();
    return live.lastReload !== before;
  };
  expect(await reloadAfter(() => {})).toBe(false);
  expect(await reloadAfter(() => write("rules-a.yml", "groups: []"))).toBe(true);
  expect(await reloadAfter(() => {})).toBe(false);
  expect(await reloadAfter(() => write("rules-a.yml", "groups:"))).toBe(true);
  expect(await reloadAfter(() => write("more-b.yml", "groups:"))).toBe(true);
  expect(await reloadAfter(() => write("other.yml", "groups:"))).toBe(false);
  expect(await reloadAfter(() => write("prometheus.yml", "global: {}\n"))).toBe(true);
  expect(lines.filter((line) => line.includes("Configuration file change detected"))).toHaveLength(4);
  await watch.stop();
});

test("a configuration with a fault is told of once, and taken when it is right again", async () => {
  write("prometheus.yml", "global: {}\n");
  const { watch, live, lines } = setUp();
  await watch.look();
  write("prometheus.yml", "otlp: [\n");
  await watch.look();
  expect(lines.join("")).toContain("Failed to generate checksum during configuration reload");
  expect(live.lastReload).toBeUndefined();
  write("prometheus.yml", "global: { evaluation_interval: 30s }\n");
  await watch.look();
  expect(live.lastReload).toMatchObject({ isSuccessful: true });
  await watch.stop();
});

test("it looks as often as it is told", async () => {
  write("prometheus.yml", "global: {}\n");
  const { watch, live, clock } = setUp();
  await watch.look();
  write("prometheus.yml", "global: { evaluation_interval: 1m }\n");
  await clock.advance(29_999);
  await watch.stop();
  expect(live.lastReload).toBeUndefined();
  const again = setUp();
  await again.watch.look();
  write("prometheus.yml", "global: { evaluation_interval: 2m }\n");
  await again.clock.advance(30_000);
  await again.watch.stop();
  expect(again.live.lastReload).toMatchObject({ isSuccessful: true });
});
