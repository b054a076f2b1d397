/** Rows of the specification's compliance matrix, section "Resource". */
import { logs } from "@opentelemetry/api-logs";
import { describe, expect, test } from "vitest";
import {
  defaultResource,
  detectResources,
  emptyResource,
  LoggerProvider,
  ProcessDetector,
  type Resource,
  resourceFromAttributes,
  SimpleLogRecordProcessor,
  startSdk,
} from "../index.ts";
import { CollectingLogRecordExporter } from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import { AwsLambdaDetector, HerokuDetector } from "../resource-detectors.ts";

describe("compliance: Resource", () => {
  test("Create from Attributes", () => {
    expect(resourceFromAttributes({ a: 1, b: ["x"] }).attributes).toEqual({ a: 1, b: ["x"] });
  });

  test("Create empty", () => {
    expect(emptyResource().attributes).toEqual({});
  });

  test("Merge (v2)", () => {
    const of = (a: string, schemaUrl?: string): Resource => resourceFromAttributes({ a }, { schemaUrl });
    expect(of("old").merge(of("")).attributes).toEqual({ a: "" });
    expect(of("x", "u1").merge(of("y")).schemaUrl).toBe("u1");
    expect(of("x").merge(of("y", "u2")).schemaUrl).toBe("u2");
    expect(of("x", "u1").merge(of("y", "u1")).schemaUrl).toBe("u1");
    expect(of("x", "u1").merge(of("y", "u2")).schemaUrl).toBeUndefined();
  });

  test("Retrieve attributes", () => {
    const given = { list: ["x"] };
    const resource = resourceFromAttributes(given);
    given.list.push("y");
    expect(resource.attributes).toEqual({ list: ["x"] });
  });

  test("Default value for service.name", async () => {
    const exporter = new CollectingLogRecordExporter();
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(exporter)] });
    provider.getLogger("l").emit({ body: "x" });
    await provider.shutdown();
    const attributes = exporter.exports[0]?.[0]?.resource.attributes;
    expect(attributes).toEqual(defaultResource().attributes);
    expect(attributes?.["service.name"]).toMatch(/^unknown_service:/);
  });

  test("Resource detector interface/mechanism", async () => {
    const detectors = [{ detect: () => ({ attributes: { "my.key": Promise.resolve("x") } }) }];
    const resource = detectResources({ detectors });
    await resource.waitForAsyncAttributes?.();
    expect(resource.attributes).toEqual({ "my.key": "x" });
  });

  test("Resource detectors populate Schema URL", () => {
    expect(detectResources({ detectors: [new ProcessDetector()] }).schemaUrl).toMatch(/^https:.*\/schemas\/1\.\d+\.0$/);
    const env = { HEROKU_APP_ID: "1" };
    expect(detectResources({ detectors: [new HerokuDetector({ env })] }).schemaUrl).toBeDefined();
    expect(detectResources({ detectors: [new AwsLambdaDetector({ env })] }).schemaUrl).toBeUndefined();
  });
});

describe("OTEL_NODE_RESOURCE_DETECTORS", () => {
  const silent = { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" };

  async function attributesWith(detectors: string | undefined): Promise<readonly string[]> {
    const exporter = new CollectingLogRecordExporter();
    const sdk = startSdk({
      env: { ...silent, OTEL_NODE_RESOURCE_DETECTORS: detectors },
      logRecordProcessors: [new SimpleLogRecordProcessor(exporter)],
    });
    logs.getLogger("l").emit({ body: "x" });
    await sdk.shutdown();
    unregisterAll();
    return Object.keys(exporter.exports[0]?.[0]?.resource.attributes ?? {});
  }

  test("all of them unless it is set", async () => {
    expect(await attributesWith(undefined)).toEqual(expect.arrayContaining(["process.pid", "os.type", "host.name"]));
  });

  test("only those that it names, with a warning of unknown names", async () => {
    const diagnostics = collectDiagnostics();
    const attributes = await attributesWith("os,moon");
    expect(attributes).toContain("os.type");
    expect(attributes).not.toContain("process.pid");
    expect(diagnostics.lines).toEqual([expect.stringMatching(/^warn OTEL_NODE_RESOURCE_DETECTORS .*got "moon"/)]);
  });

  test("none at all", async () => {
    expect(await attributesWith("none")).toEqual([...Object.keys(defaultResource().attributes), "service.instance.id"]);
  });
});
