/** Rows of the specification's compliance matrix, section "Declarative configuration". */
import { ROOT_CONTEXT } from "@opentelemetry/api";
import { afterEach, describe, expect, test } from "vitest";
import { collectDiagnostics } from "../../diagnostics.test-kit.ts";
import {
  ComponentProviderRegistry,
  createComponents,
  createFromConfigurationFile,
  InMemorySpanExporter,
  LoggerProvider,
  MeterProvider,
  parseConfiguration,
  parseConfigurationFile,
  TracerProvider,
} from "../../index.ts";
import { contextWithSpan, inject } from "../../propagation/propagation.test-kit.ts";
import { unregisterAll } from "../../registered-sdk.test-kit.ts";
import { configurationFile, removeConfigurationFiles } from "./configuration-files.test-kit.ts";

afterEach(() => {
  unregisterAll();
  removeConfigurationFiles();
});

const ALL = `
propagator: { composite: [{ tracecontext: }] }
tracer_provider: { processors: [{ simple: { exporter: { console: } } }] }
meter_provider: { readers: [{ periodic: { exporter: { console: } } }] }
logger_provider: { processors: [{ simple: { exporter: { console: } } }] }`;

const WITH_PLUGIN = `file_format: "1.1"
tracer_provider:
  processors: [{ simple: { exporter: { mine: { key: [1, { deep: true }] } } } }]`;

describe("compliance: Declarative configuration", () => {
  test("`Parse` a configuration file", () => {
    expect(parseConfigurationFile(configurationFile(ALL))).toMatchObject({
      model: { file_format: "1.1" },
      problems: [],
    });
    expect(parseConfigurationFile("/no/such.yaml")).toMatchObject({
      model: undefined,
      problems: [{ severity: "error" }],
    });
  });

  test("The `Parse` operation accepts the configuration YAML file format", () => {
    const path = configurationFile("disabled: true\nattribute_limits: { attribute_count_limit: 0x10 }", {
      name: "o.yml",
    });
    expect(parseConfigurationFile(path).model).toEqual({
      file_format: "1.1",
      disabled: true,
      attribute_limits: { attribute_count_limit: 16 },
    });
  });

  test("The `Parse` operation performs environment variable substitution", () => {
    const path = configurationFile("disabled: ${OFF:-false}\nattribute_limits:\n  attribute_count_limit: ${LIMIT}");
    expect(parseConfigurationFile(path, { env: { LIMIT: "3" } }).model).toMatchObject({
      disabled: false,
      attribute_limits: { attribute_count_limit: 3 },
    });
  });

  test("The `Parse` operation returns configuration model", () => {
    const { model } = parseConfigurationFile(configurationFile("propagator: { composite: [{ b3: }] }"));
    expect(model).toEqual({ file_format: "1.1", propagator: { composite: [{ b3: null }] } });
  });

  test("The `Parse` operation resolves plugin component configuration to `properties`", () => {
    const componentProviders = new ComponentProviderRegistry();
    componentProviders.register({ type: "span_exporter", name: "mine", create: () => new InMemorySpanExporter() });
    expect(parseConfiguration(WITH_PLUGIN, { componentProviders }).model).toMatchObject({
      tracer_provider: { processors: [{ simple: { exporter: { mine: { key: [1, { deep: true }] } } } }] },
    });
  });

  test("`Create` SDK components", () => {
    const { components, problems } = createFromConfigurationFile(configurationFile(ALL));
    expect(problems).toEqual([]);
    expect(components?.resource.attributes).toHaveProperty("service.name");
  });

  test("The `Create` operation accepts configuration model", () => {
    const model = { file_format: "1.1", propagator: { composite_list: "b3" } };
    expect(createComponents(model).components?.propagator.fields()).toEqual(["b3"]);
    expect(createComponents({ propagator: 1 }).problems).toHaveLength(2);
  });

  test("The `Create` operation returns `TracerProvider`", () => {
    const { components } = createFromConfigurationFile(configurationFile(ALL));
    expect(components?.tracerProvider).toBeInstanceOf(TracerProvider);
  });

  test("The `Create` operation returns `MeterProvider`", async () => {
    const { components } = createFromConfigurationFile(configurationFile(ALL));
    expect(components?.meterProvider).toBeInstanceOf(MeterProvider);
    await components?.meterProvider?.shutdown();
  });

  test("The `Create` operation returns `LoggerProvider`", () => {
    const { components } = createFromConfigurationFile(configurationFile(ALL));
    expect(components?.loggerProvider).toBeInstanceOf(LoggerProvider);
  });

  test("The `Create` operation returns `Propagators`", () => {
    const propagator = createFromConfigurationFile(configurationFile(ALL)).components?.propagator;
    expect(propagator && inject(propagator, contextWithSpan())).toHaveProperty("traceparent");
    expect(createFromConfigurationFile(configurationFile("")).components?.propagator.fields()).toEqual([]);
  });

  test("The `Create` operation calls `CreateComponent` of corresponding `PluginComponentProvider` when encountering plugin components", () => {
    const properties: unknown[] = [];
    const componentProviders = new ComponentProviderRegistry();
    componentProviders.register({
      type: "span_exporter",
      name: "mine",
      create: (given) => {
        properties.push(given);
        return new InMemorySpanExporter();
      },
    });
    const { model = {} } = parseConfiguration(WITH_PLUGIN, { componentProviders });
    expect(properties).toEqual([]);
    expect(createComponents(model, { componentProviders }).problems).toEqual([]);
    expect(properties).toEqual([{ key: [1, { deep: true }] }]);
    expect(createComponents(model).problems[0]?.message).toContain("no such component");
  });

  test("Register a `PluginComponentProvider`", () => {
    const diagnostics = collectDiagnostics();
    const registry = new ComponentProviderRegistry();
    const create = (): { inject(): void; extract: () => typeof ROOT_CONTEXT; fields: () => string[] } => ({
      inject: () => {},
      extract: () => ROOT_CONTEXT,
      fields: () => ["x"],
    });
    expect(registry.register({ type: "text_map_propagator", name: "mine", create })).toBe(true);
    expect(registry.register({ type: "text_map_propagator", name: "mine", create })).toBe(false);
    expect(diagnostics.lines).toEqual([expect.stringContaining("text_map_propagator mine is registered already")]);
    const model = { file_format: "1.1", propagator: { composite_list: "mine" } };
    expect(createComponents(model, { componentProviders: registry }).components?.propagator.fields()).toEqual(["x"]);
  });
});
