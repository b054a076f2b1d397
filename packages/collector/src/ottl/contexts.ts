/** The kinds of record that statements run on, and what each may name. */
import { DATAPOINT_PATHS, DATAPOINT_SYMBOLS, EXEMPLAR_PATHS } from "./paths/datapoint-paths.ts";
import { LOG_PATHS, LOG_SYMBOLS } from "./paths/log-paths.ts";
import { METRIC_PATHS, METRIC_SYMBOLS } from "./paths/metric-paths.ts";
import { OTELCOL_PATHS } from "./paths/otelcol-paths.ts";
import type { PathSet } from "./paths/path-table.ts";
import { RESOURCE_PATHS, SCOPE_PATHS } from "./paths/common-paths.ts";
import { SPAN_EVENT_PATHS } from "./paths/span-event-paths.ts";
import { SPAN_PATHS, SPAN_SYMBOLS } from "./paths/span-paths.ts";

export type ContextName = "resource" | "scope" | "span" | "spanevent" | "metric" | "datapoint" | "exemplar" | "log";

export interface ContextDefinition<Name extends string = string> {
  readonly name: Name;
  // the first segment of a path --> the paths that may follow
  readonly paths: ReadonlyMap<string, PathSet>;
  /** Enumerations by their symbols. */
  readonly symbols: Readonly<Record<string, bigint>>;
}

const ABOVE: readonly (readonly [string, PathSet])[] = [
  ["resource", RESOURCE_PATHS],
  ["scope", SCOPE_PATHS],
  ["instrumentation_scope", SCOPE_PATHS],
  ["otelcol", OTELCOL_PATHS],
];

function context(
  name: ContextName,
  own: readonly PathSet[],
  symbols: Readonly<Record<string, bigint>>,
  above = ABOVE,
): ContextDefinition<ContextName> {
  return { name, paths: new Map([...own.map((set) => [set.name, set] as const), ...above]), symbols };
}

export const CONTEXTS: Readonly<Record<ContextName, ContextDefinition<ContextName>>> = {
  resource: context("resource", [], {}, [
    ["resource", RESOURCE_PATHS],
    ["otelcol", OTELCOL_PATHS],
  ]),
  scope: context("scope", [], {}),
  span: context("span", [SPAN_PATHS], SPAN_SYMBOLS),
  spanevent: context("spanevent", [SPAN_EVENT_PATHS, SPAN_PATHS], SPAN_SYMBOLS),
  metric: context("metric", [METRIC_PATHS], METRIC_SYMBOLS),
  datapoint: context("datapoint", [DATAPOINT_PATHS, METRIC_PATHS], DATAPOINT_SYMBOLS),
  exemplar: context("exemplar", [EXEMPLAR_PATHS, DATAPOINT_PATHS, METRIC_PATHS], DATAPOINT_SYMBOLS),
  log: context("log", [LOG_PATHS], LOG_SYMBOLS),
};

/** Who sent a payload, and nothing of what it carries. */
export const OTELCOL_CONTEXT: ContextDefinition = {
  name: "otelcol",
  paths: new Map([["otelcol", OTELCOL_PATHS]]),
  symbols: {},
};
