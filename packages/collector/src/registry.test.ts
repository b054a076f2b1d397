/** What every component promises, asked of each line of the registry. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SIGNALS, type Signal } from "@clew/otlp";
import { afterAll, describe, expect, test } from "vitest";
import { componentSettings } from "./component.test-kit.ts";
import type { Component, ComponentFactory, ConnectorFactory } from "./component.ts";
import { clewExporter } from "./components/exporters/clew/factory.ts";
import type { Consumer } from "./consumer.ts";
import { logsOf, metricsOf, tracesOf } from "./otlp.test-kit.ts";
import { builtinComponents } from "./registry.ts";
import { Place } from "./schema/place.ts";
import { settingsTable } from "./schema/settings-table.ts";

const directory = mkdtempSync(join(tmpdir(), "clew-registry-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** The least that must be configured, for components that do not run with nothing. */
const LEAST: Readonly<Record<string, object>> = {
  "receiver otlp": { protocols: { grpc: { endpoint: "127.0.0.1:0" }, http: { endpoint: "127.0.0.1:0" } } },
  "receiver file_log": { include: ["/nowhere/*.log"] },
  "receiver host_metrics": { scrapers: { load: {} } },
  "receiver jaeger": { protocols: { thrift_http: { endpoint: "127.0.0.1:0" } } },
  "receiver zipkin": { endpoint: "127.0.0.1:0" },
  "receiver prometheus": {
    config: { scrape_configs: [{ job_name: "a", static_configs: [{ targets: ["127.0.0.1:1"] }] }] },
  },
  "processor attributes": { actions: [{ action: "delete", key: "a" }] },
  "processor memory_limiter": { check_interval: "1s", limit_mib: 100_000 },
  "processor probabilistic_sampler": { sampling_percentage: 100, fail_closed: false },
  "processor redaction": { allow_all_keys: true },
  "processor resource": { attributes: [{ key: "a", action: "delete" }] },
  "processor tail_sampling": { policies: [{ name: "all", type: "always_sample" }], wait_for_decision: true },
  "connector routing": { table: [{ condition: "true", pipelines: ["out"] }] },
  "extension basicauth": { htpasswd: { inline: "user:password" } },
  "extension bearertokenauth": { token: "secret" },
  "extension health_check": { endpoint: "127.0.0.1:0" },
  "extension pprof": { endpoint: "127.0.0.1:0" },
  "extension zpages": { endpoint: "127.0.0.1:0" },
  "extension file_storage": { directory: join(directory, "storage") },
  "exporter file": { path: join(directory, "out.json") },
  "exporter load_balancing": { resolver: { static: { hostnames: ["127.0.0.1:1"] } } },
  "exporter otlp_grpc": { endpoint: "127.0.0.1:1", tls: { insecure: true } },
  "exporter otlp_http": { endpoint: "http://127.0.0.1:1" },
  "exporter prometheus": { endpoint: "127.0.0.1:0" },
  "exporter prometheus_remote_write": { endpoint: "http://127.0.0.1:1" },
};

const all = builtinComponents();
const factories: ComponentFactory<unknown>[] = [
  ...all.receivers,
  ...all.processors,
  ...all.exporters,
  ...all.connectors,
  ...all.extensions,
  clewExporter({ write: () => Promise.resolve() }),
];

const PAYLOADS = {
  traces: tracesOf(["a"]),
  metrics: metricsOf([{ name: "m", gauge: { dataPoints: [{}] } }]),
  logs: logsOf(["l"]),
};

function make(factory: ComponentFactory<unknown>, next: Consumer, signal?: Signal): Component & Partial<Consumer> {
  const place = new Place("", []);
  const config = factory.schema.read(LEAST[`${factory.kind} ${factory.type}`], place);
  expect(place.problems).toEqual([]);
  const { settings } = componentSettings(factory.kind, factory.type);
  if (factory.kind === "processor")
    return factory.create(settings, config, next, signal ?? SIGNALS.find((one) => factory.stability[one])!);
  if (factory.kind === "connector") {
    const [from, to] = endsOf(factory);
    return factory.create(settings, config, { from, to, next, pipelines: new Map([["out", next]]) });
  }
  if (factory.kind === "receiver")
    return factory.create(settings, config, () => ({ traces: next, metrics: next, logs: next }));
  if (factory.kind === "exporter") return factory.create(settings, config, SIGNALS);
  return factory.create(settings, config);
}

/** The first pair of signals that a connector goes between. */
function endsOf({ stability }: ConnectorFactory<unknown>): [Signal, Signal] {
  const from = SIGNALS.find((one) => stability[one] !== undefined)!;
  return [from, SIGNALS.find((one) => stability[from]?.[one] !== undefined)!];
}

const taking: Consumer = { consume: () => Promise.resolve() };

describe.each(factories.map((factory) => [`${factory.kind} ${factory.type}`, factory] as const))(
  "%s",
  (_name, factory) => {
    test("is named in snake case and says for which signals it is how stable", () => {
      expect(factory.type).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      expect(Object.keys(factory.stability)).not.toEqual([]);
    });

    test("starts, and stops twice", async () => {
      const component = make(factory, taking);
      await component.start();
      await component.shutdown();
      await component.shutdown();
    });

    test("refuses a setting that it does not have", () => {
      const place = new Place("x", []);
      factory.schema.read({ ...LEAST[`${factory.kind} ${factory.type}`], no_such_setting: 1 }, place);
      expect(place.problems.map(({ what }) => what)).toContain("'' has invalid keys: no_such_setting");
    });

    test("has a README whose table is written from its schema (npx vitest -u rewrites it)", async () => {
      const folder = factory.type.replaceAll("_", "-");
      const path = `${import.meta.dirname}/components/${factory.kind}s/${folder}/README.md`;
      const [head = ""] = readFileSync(path, "utf8").split("## Settings\n");
      await expect(`${head}## Settings\n\n${settingsTable(factory.schema)}`).toMatchFileSnapshot(path);
    });
  },
);

describe.each(all.processors.map((factory) => [factory.type, factory] as const))("processor %s", (_type, factory) => {
  const supported = SIGNALS.filter((signal) => factory.stability[signal] !== undefined);

  test.each(supported)("hands %s on, and acknowledges when they were taken", async (signal) => {
    const taken: number[] = [];
    const processor = make(
      factory,
      {
        consume({ counts }) {
          taken.push(counts.items);
          return Promise.resolve();
        },
      },
      signal,
    );
    await processor.start();
    const acknowledged = processor.consume?.(PAYLOADS[signal]);
    await processor.shutdown();
    await acknowledged;
    expect(taken).toEqual([1]);
  });

  test.each(supported)("tells the sender when %s were not taken", async (signal) => {
    const processor = make(factory, { consume: () => Promise.reject(new Error("no")) }, signal);
    await processor.start();
    const outcome = Promise.allSettled([processor.consume?.(PAYLOADS[signal])]);
    await processor.shutdown();
    expect((await outcome)[0].status).toBe("rejected");
  });
});
