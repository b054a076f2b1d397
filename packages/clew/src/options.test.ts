import { expect, test } from "vitest";
import { STABLE_FEATURES } from "@clew/query";
import { migrateOptions, upOptions } from "./options.ts";

test("without any, everything runs on this machine, and nobody else's client is let in", () => {
  expect(upOptions([])).toMatchObject({
    role: "all",
    clickhouse: undefined,
    clickhousePort: undefined,
    clickhouseAccess: "read",
    storeMemoryBytes: 2 ** 31,
    queryCacheBytes: 2 ** 28,
    features: { names: [], promql: STABLE_FEATURES },
    autoReloadMs: undefined,
    host: "127.0.0.1",
  });
});

test("a server, its role and the engine's memory", () => {
  const args = ["--clickhouse", "http://me@ch/db?cluster=prod", "--role", "ingest", "--store-memory", "512MiB"];
  expect(upOptions(args, { CLICKHOUSE_PASSWORD: "secret" })).toMatchObject({
    role: "ingest",
    clickhouse: { url: "http://ch:8123", user: "me", password: "secret", database: "db", cluster: "prod" },
    storeMemoryBytes: 512 * 2 ** 20,
  });
});

test("rules, how often they are evaluated, and what their alerts bear and where they go", () => {
  const args = ["--rules", "a.yml", "--rules", "b/*.yml", "--evaluation-interval", "15s", "--external-label", "a=b=c"];
  const others = [
    "--external-url",
    "https://clew/",
    "--alertmanager-url",
    "http://am:9093",
    "--alertmanager-config",
    "am.yml",
  ];
  const { rules } = upOptions([...args, ...others]);
  expect(rules.alerting.alertmanagers).toMatchObject([{ scheme: "http", static_configs: [{ targets: ["am:9093"] }] }]);
  expect(rules).toMatchObject({
    files: ["a.yml", "b/*.yml"],
    optionalFiles: [],
    evaluationIntervalMs: 15_000,
    externalLabels: { a: "b=c" },
    externalUrl: "https://clew",
    alertmanagerConfig: "am.yml",
  });
  expect(upOptions([]).rules).toMatchObject({ files: [], evaluationIntervalMs: undefined });
  expect(upOptions([]).rules.alerting.alertmanagers).toEqual([]);
});

test.each([
  [["--role", "ingest"], "--role"],
  [["--clickhouse", "http://h", "--role", "both"], "--role"],
  [["--store-memory", "much"], "--store-memory"],
  [["--query-cache", "some"], "--query-cache"],
  [["--clickhouse-port", "http"], "--clickhouse-port"],
  [["--clickhouse-access", "all"], "--clickhouse-access"],
  [["--evaluation-interval", "soon"], "--evaluation-interval"],
  [["--evaluation-interval", "0"], "--evaluation-interval"],
  [["--external-label", "eu"], "--external-label"],
  [["--external-url", "clew"], "--external-url"],
  [["--alertmanager-url", "http://am"], "--alertmanager-url"],
  [["--rules", "r.yml", "--alertmanager-url", "am:9093"], "--alertmanager-url"],
  [["--rules", "r.yml", "--clickhouse", "http://h", "--role", "query"], "--rules"],
])("%j is refused by the flag's name", (args, path) => {
  expect(() => upOptions(args)).toThrow(expect.objectContaining({ code: "USAGE", path }));
});

test("rollups need raw samples that see the end of their day", () => {
  const day = 86_400_000;
  expect(upOptions(["--rollup", "5m=90d,1h"]).rollups).toEqual({ "5m": 90 * day, "1h": Infinity });
  expect(upOptions(["--rollup", "1h=2y", "--retention", "metrics=2d"])).toMatchObject({
    rollups: { "1h": 730 * day },
    retention: { metrics: 2 * day },
  });
  for (const args of [
    ["--rollup", "10m=1d"],
    ["--rollup", "1h=2y", "--retention", "metrics=1d"],
  ])
    expect(() => upOptions(args)).toThrow(expect.objectContaining({ code: "USAGE", path: "--rollup" }));
});

test("where to move data: a kind, a URL, and from which directory", () => {
  expect(migrateOptions(["clickhouse", "http://ch/db", "--data", "d"], {})).toMatchObject({
    data: "d",
    server: { url: "http://ch:8123", database: "db" },
  });
  for (const args of [[], ["clickhouse"], ["postgres", "http://h"], ["clickhouse", "http://h", "more"]])
    expect(() => migrateOptions(args, {})).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("the configuration is looked at for changes where that is wanted", () => {
  const autoReloadOf = (...args: string[]): number | undefined => upOptions(args).autoReloadMs;
  expect(autoReloadOf("--config.auto-reload")).toBe(30_000);
  expect(autoReloadOf("--enable-feature=auto-reload-config", "--config.auto-reload-interval=5s")).toBe(5_000);
  expect(autoReloadOf("--config.auto-reload-interval=5s")).toBeUndefined();
  expect(() => autoReloadOf("--config.auto-reload", "--config.auto-reload-interval=10ms")).toThrow("1s or longer");
});
