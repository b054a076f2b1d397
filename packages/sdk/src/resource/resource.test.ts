import * as officialResources from "@opentelemetry/resources";
import { describe, expect, test } from "vitest";
import { CollectingSpanExporter } from "../collecting-exporters.test-kit.ts";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  BatchSpanProcessor,
  detectResources,
  emptyResource,
  type Entity,
  envDetector,
  EnvDetector,
  hostDetector,
  osDetector,
  OTLPTraceExporter,
  processDetector,
  type Resource,
  type ResourceDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  SimpleSpanProcessor,
  TracerProvider,
} from "../index.ts";
import { decode, plainAttributes } from "../otlp-schema.test-kit.ts";
import { startHttpServer } from "../otlp-servers.test-kit.ts";

const host = (id: string, description: Entity["description"] = {}): Entity => ({
  type: "host",
  id: { "host.id": id },
  description,
});
const service = (description: Entity["description"] = {}): Entity => ({
  type: "service",
  id: { "service.name": "my-svc" },
  description,
});

/** A resource with an attribute that is there once `resolve` was called. */
function pendingResource(): { readonly resource: Resource; readonly resolve: (value: string) => void } {
  let resolve: (value: string) => void = () => {};
  const promise = new Promise<string>((settle) => (resolve = settle));
  return { resource: resourceFromAttributes({ now: 1, later: promise }), resolve };
}

describe("attributes that take time", () => {
  test("are there once they are known, and the rest at once", async () => {
    const { resource, resolve } = pendingResource();
    expect(resource).toMatchObject({ asyncAttributesPending: true, attributes: { now: 1 } });
    resolve("x");
    await resource.waitForAsyncAttributes?.();
    expect(resource).toMatchObject({ asyncAttributesPending: false, attributes: { now: 1, later: "x" } });
  });

  test("keep their place in a merge, whenever they come", async () => {
    const { resource, resolve } = pendingResource();
    const merged = resourceFromAttributes({ later: "before", now: 0 })
      .merge(resource)
      .merge(resourceFromAttributes({ now: 2 }));
    expect(merged.attributes).toEqual({ later: "before", now: 2 });
    resolve("x");
    await merged.waitForAsyncAttributes?.();
    expect(merged.attributes).toEqual({ later: "x", now: 2 });
  });

  test("do without what rejects or comes to nothing", async () => {
    const resource = resourceFromAttributes({ a: 1 }).merge(
      resourceFromAttributes({ a: Promise.resolve(undefined), b: Promise.reject(new Error("no")) }),
    );
    await resource.waitForAsyncAttributes?.();
    expect(resource.attributes).toEqual({ a: 1 });
  });

  test("of a resource that another package made are waited for too", async () => {
    const { resource, resolve } = pendingResource();
    const official = {
      get attributes() {
        return resource.attributes;
      },
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => resource.waitForAsyncAttributes?.() ?? Promise.resolve(),
      merge: () => official,
    };
    const merged = emptyResource().merge(official);
    expect(merged.asyncAttributesPending).toBe(true);
    resolve("x");
    await merged.waitForAsyncAttributes?.();
    expect(merged.attributes).toEqual({ now: 1, later: "x" });
  });

  test("are waited for by the first export over OTLP", async () => {
    const server = await startHttpServer();
    const { resource, resolve } = pendingResource();
    const exporter = new OTLPTraceExporter({ url: server.url, env: {} });
    const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
    provider.getTracer("t").startSpan("s").end();
    const flushed = provider.forceFlush();
    resolve("x");
    await flushed;
    const [{ resource: sent }] = decode("TracesRequest", server.received[0]?.body ?? new Uint8Array()).resource_spans;
    expect(plainAttributes(sent.attributes)).toEqual({ now: 1n, later: "x" });
    await provider.shutdown();
    await server.close();
  });

  test("and by other exporters", async () => {
    const exporter = new CollectingSpanExporter();
    const { resource, resolve } = pendingResource();
    const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
    provider.getTracer("t").startSpan("s").end();
    const flushed = provider.forceFlush();
    resolve("x");
    await flushed;
    expect(exporter.exports[0]?.[0]?.resource.attributes).toEqual({ now: 1, later: "x" });
  });
});

test("the official SDK's resources and ours can be merged either way", () => {
  const official = officialResources.resourceFromAttributes({ a: "official", b: 1 });
  const ours = resourceFromAttributes({ a: "ours" }, { schemaUrl: "https://example.com/1" });
  expect(ours.merge(official as Resource).attributes).toEqual({ a: "official", b: 1 });
  const merged = official.merge(ours as unknown as Parameters<typeof official.merge>[0]);
  expect(merged).toMatchObject({ attributes: { a: "ours", b: 1 }, schemaUrl: "https://example.com/1" });
});

describe("detectors", () => {
  test("of the official packages run here", async () => {
    const { osDetector, processDetector } = officialResources;
    const resource = detectResources({ detectors: [osDetector, processDetector] as ResourceDetector[] });
    await resource.waitForAsyncAttributes?.();
    expect(resource.attributes).toMatchObject({ "process.pid": process.pid, "os.version": expect.any(String) });
  });

  test("have the official names, and one id each", () => {
    const idOf = (): unknown =>
      detectResources({ detectors: [serviceInstanceIdDetector] }).attributes["service.instance.id"];
    expect(idOf()).toMatch(/^[0-9a-f-]{36}$/);
    expect(idOf()).toBe(idOf());
    const { attributes } = detectResources({ detectors: [envDetector, hostDetector, osDetector, processDetector] });
    expect(attributes).toHaveProperty("process.pid");
  });

  test("run side by side, the later ones winning, and those that fail count for nothing", async () => {
    const resource = detectResources({
      detectors: [
        { detect: () => ({ attributes: Promise.resolve({ a: 1, b: 1 }) }) },
        { detect: () => ({ attributes: { b: 2 } }) },
        { detect: () => ({ attributes: Promise.reject(new Error("broken")) }) },
        {
          detect: () => {
            throw new Error("broken");
          },
        },
      ],
    });
    await resource.waitForAsyncAttributes?.();
    expect(resource.attributes).toEqual({ a: 1, b: 2 });
  });

  test("that never end are given up at the deadline", async () => {
    const never = new Promise<never>(() => {});
    const detectors = [
      { detect: () => ({ attributes: { here: 1, never } }) },
      { detect: () => ({ attributes: never }) },
    ];
    const resource = detectResources({ detectors, timeoutMillis: 5 });
    await resource.waitForAsyncAttributes?.();
    expect(resource.attributes).toEqual({ here: 1 });
  });
});

// The examples of the specification, "Merging Entities into a Resource".
describe("entities", () => {
  test("take the attributes that were loose", () => {
    const resource = resourceFromAttributes(
      { "host.name": "old-name", env: "prod" },
      { entities: [host("H1", { "host.name": "new-name" }), service()] },
    );
    // One call is the same as attributes first and then entities.
    expect(resource.attributes).toEqual({
      "host.name": "new-name",
      "host.id": "H1",
      "service.name": "my-svc",
      env: "prod",
    });
    expect(resource.entities?.map(({ type }) => type)).toEqual(["host", "service"]);
  });

  test("go when a loose attribute contradicts them", () => {
    const process: Entity = { type: "process", id: { "process.pid": 12_345 }, description: {} };
    const old = resourceFromAttributes({}, { entities: [host("H1", { "host.name": "detected-name" }), process] });
    const merged = old.merge(resourceFromAttributes({ "host.id": "h2", env: "prod" }));
    expect(merged.attributes).toEqual({ "process.pid": 12_345, "host.id": "h2", env: "prod" });
    expect(merged.entities).toEqual([process]);
  });

  test("stay as they are when another of their type, or their attribute, comes", () => {
    const old = resourceFromAttributes({}, { entities: [host("H1", { env: "prod" })] });
    const merged = old.merge(resourceFromAttributes({}, { entities: [host("H2"), service({ env: "dev" })] }));
    expect(merged.entities).toEqual([host("H1", { env: "prod" })]);
    expect(merged.attributes).toEqual({ "host.id": "H1", env: "prod" });
  });

  test("that are the same become one, and their schema is the resource's where all have it", () => {
    const schemaUrl = "https://example.com/1";
    const old = resourceFromAttributes({}, { entities: [{ ...host("H1", { a: 1, b: 1 }), schemaUrl }] });
    const merged = old.merge(resourceFromAttributes({}, { entities: [{ ...host("H1", { b: 2 }), schemaUrl }] }));
    expect(merged.entities).toEqual([{ ...host("H1", { a: 1, b: 2 }), schemaUrl }]);
    expect(merged.schemaUrl).toBe(schemaUrl);
    expect(merged.merge(resourceFromAttributes({}, { entities: [service()] })).schemaUrl).toBeUndefined();
  });

  test("are sent by OTLP as references to the attributes", async () => {
    const server = await startHttpServer();
    const entities = [{ ...host("H1", { "host.name": "n" }), schemaUrl: "https://example.com/1" }];
    const exporter = new OTLPTraceExporter({ url: server.url, env: {} });
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ env: "prod" }, { entities }),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    provider.getTracer("t").startSpan("s").end();
    await provider.shutdown();
    const [{ resource }] = decode("TracesRequest", server.received[0]?.body ?? new Uint8Array()).resource_spans;
    expect(plainAttributes(resource.attributes)).toEqual({ env: "prod", "host.id": "H1", "host.name": "n" });
    expect(resource.entity_refs).toEqual([
      { schema_url: "https://example.com/1", type: "host", id_keys: ["host.id"], description_keys: ["host.name"] },
    ]);
    await server.close();
  });
});

// The examples of the specification, "Entity Propagation".
describe("OTEL_ENTITIES", () => {
  const read = (text: string): { readonly entities: unknown; readonly warnings: string[] } => {
    const diagnostics = collectDiagnostics();
    const resource = detectResources({ detectors: [new EnvDetector({ env: { OTEL_ENTITIES: text } })] });
    diagnostics.stop();
    return { entities: resource.entities, warnings: diagnostics.lines };
  };
  const named = (name: string, description = {}): Entity => ({
    type: "service",
    id: { "service.name": name },
    description,
  });

  test.each<[string, string, Entity[]]>([
    ["a type with its identity alone", "service{service.name=minimal-app}", [named("minimal-app")]],
    [
      "several, with empty ones between, descriptions and a schema",
      ";service{service.name=a,service.instance.id=i}[service.version=1.0.0]@https://opentelemetry.io/schemas/1.21.0;;host{host.id=host-123};",
      [
        {
          type: "service",
          id: { "service.name": "a", "service.instance.id": "i" },
          description: { "service.version": "1.0.0" },
          schemaUrl: "https://opentelemetry.io/schemas/1.21.0",
        },
        host("host-123"),
      ],
    ],
    [
      "reserved characters, encoded",
      "service{service.name=my%2Capp}[config=key%3Dvalue%5Bprod%5D]",
      [named("my,app", { config: "key=value[prod]" })],
    ],
  ])("%s", (_, text, expected) => {
    expect(read(text)).toEqual({ entities: expected, warnings: [] });
  });

  test.each<[string, string, Entity[]]>([
    ["what is malformed", "service{service.name=app1};invalid{syntax;host{host.id=H}", [named("app1"), host("H")]],
    ["an entity without identity", "service{};host{host.id=123}", [host("123")]],
    [
      "the earlier of two that are the same",
      "service{service.name=a}[v=1];service{service.name=a}[v=2]",
      [named("a", { v: "2" })],
    ],
    ["the earlier of two of a type", "service{service.name=app1};service{service.name=app2}", [named("app2")]],
    ["a schema URL that is none", "service{service.name=app1}@invalid-url", [named("app1")]],
    [
      "an attribute that a later entity has too",
      "service{service.name=a}[v=1];host{host.id=H}[v=2]",
      [named("a"), host("H", { v: "2" })],
    ],
  ])("leaves out, with a warning, %s", (_, text, expected) => {
    const { entities, warnings } = read(text);
    expect(entities).toEqual(expected);
    expect(warnings).toEqual([expect.stringMatching(/^warn OTEL_ENTITIES: /)]);
  });
});
