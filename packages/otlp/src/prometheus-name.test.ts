import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  prometheusLabelName,
  prometheusMetricName,
  prometheusUnitName,
  type PrometheusNameOptions,
  type PrometheusNameType,
} from "./prometheus-name.ts";

test.each([
  ["http.server.request.duration", "s", "other", "http_server_request_duration_seconds"],
  ["orders.created", "1", "counter", "orders_created_total"],
  ["orders.created", "{order}", "counter", "orders_created_total"],
  ["queue.fill", "1", "gauge", "queue_fill_ratio"],
  ["disk.io", "By/s", "gauge", "disk_io_bytes_per_second"],
  ["cpu_seconds_total", "s", "counter", "cpu_seconds_total"],
  ["2xx", "", "other", "_2xx"],
  ["温度", "Cel", "gauge", "celsius"],
  ["@@", "", "other", ""],
] as const)("names metric %s in %s (%s) %s", (name, unit, type, expected) => {
  expect(prometheusMetricName(name, unit, type)).toBe(expected);
});

test("puts the namespace first, and leaves suffixes out when asked", () => {
  expect(prometheusMetricName("a.b", "ms", "other", { namespace: "my-app" })).toBe("my_app_a_b_milliseconds");
  expect(prometheusMetricName("a.b", "ms", "counter", { namespace: "app", suffixes: false })).toBe("app_a_b");
});

test("leaves every character where UTF-8 is asked for", () => {
  const utf8 = { namespace: "my.app", utf8: true };
  expect(prometheusMetricName("a.b", "By/s", "counter", utf8)).toBe("my.app_a.b_bytes_per_second_total");
  expect(prometheusMetricName("fill.ratio", "1", "gauge", { utf8: true })).toBe("fill_ratio");
  expect(prometheusMetricName("温度", "Cel", "gauge", { utf8: true, suffixes: false })).toBe("温度");
  expect(prometheusLabelName("http.method", { utf8: true })).toBe("http.method");
  expect(prometheusLabelName("__", { utf8: true })).toBe("");
});

test.each([
  ["http.request.method", "http_request_method"],
  ["2xx", "key_2xx"],
  ["_private", "key_private"],
  ["__reserved__", "__reserved__"],
  ["漢字", ""],
])("names label %s %s", (name, expected) => {
  expect(prometheusLabelName(name)).toBe(expected);
});

// The translator's own cases, where CLEW_CONFORMANCE names the folder of conformance data.
const folder = `${process.env["CLEW_CONFORMANCE"] ?? "../shared/conformance"}/prometheus/otlp_translation`;
const absent = !existsSync(folder);

interface MetricCase {
  readonly namer: {
    readonly UTF8Allowed?: boolean;
    readonly WithMetricSuffixes?: boolean;
    readonly Namespace?: string;
  } & {
    readonly args?: readonly [string, { readonly ident: string }];
  };
  readonly metric: { readonly Name: string; readonly Unit: string; readonly Type: { readonly ident: string } };
  readonly wantMetricName: string;
  readonly wantUnitName?: string;
}

interface LabelCase {
  readonly label: string;
  readonly sanitized: string;
  readonly sanitizedMultipleUnderscores?: string;
  readonly sanitizedUnderscoreLabelSanitization?: string;
  readonly sanitizedMultipleUnderscoresAndUnderscoreLabelSanitization?: string;
}

function read<Case>(file: string): Case[] {
  return readFileSync(`${folder}/${file}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Case);
}

const TYPES: Readonly<Record<string, PrometheusNameType>> = {
  MetricTypeMonotonicCounter: "counter",
  MetricTypeGauge: "gauge",
};

function optionsOf({ namer }: MetricCase): PrometheusNameOptions {
  const { args, Namespace: namespace = "", WithMetricSuffixes: suffixes = false, UTF8Allowed: utf8 = false } = namer;
  if (args === undefined) return { namespace, suffixes, utf8 };
  const strategy = args[1].ident;
  return {
    namespace: args[0],
    suffixes: strategy.endsWith("WithSuffixes"),
    utf8: !strategy.startsWith("UnderscoreEscaping"),
  };
}

test.skipIf(absent)("agrees with the translator on every metric and unit name (conformance otlp_translation)", () => {
  const cases = read<MetricCase>("metric_namer_test.jsonl");
  expect(cases.length).toBe(82);
  for (const one of cases) {
    const { Name, Unit, Type } = one.metric;
    const name = prometheusMetricName(Name, Unit, TYPES[Type.ident] ?? "other", optionsOf(one));
    const unitName = one.wantUnitName === undefined ? undefined : prometheusUnitName(Unit);
    expect({ ...one, name, unitName }).toEqual({ ...one, name: one.wantMetricName, unitName: one.wantUnitName });
  }
});

test.skipIf(absent)("agrees with the translator on every label name (conformance otlp_translation)", () => {
  const cases = read<LabelCase>("label_namer_test.jsonl");
  expect(cases.length).toBe(14);
  for (const one of cases) {
    const named = (preserveMultipleUnderscores: boolean, underscoreSanitization: boolean): string =>
      prometheusLabelName(one.label, { preserveMultipleUnderscores, underscoreSanitization });
    const kept = one.sanitizedMultipleUnderscores ?? one.sanitized;
    const prefixed = one.sanitizedUnderscoreLabelSanitization ?? one.sanitized;
    expect(named(false, false)).toBe(one.sanitized);
    expect(named(true, false)).toBe(kept);
    expect(named(false, true)).toBe(prefixed);
    expect(named(true, true)).toBe(
      one.sanitizedMultipleUnderscoresAndUnderscoreLabelSanitization ?? (kept === one.sanitized ? prefixed : kept),
    );
  }
});
