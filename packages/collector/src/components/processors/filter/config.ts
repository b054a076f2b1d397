import type { Signal } from "@clew/otlp";
import { ERROR_MODES, type ErrorMode } from "../../../ottl/condition-list.ts";
import { CONTEXTS, type ContextName } from "../../../ottl/contexts.ts";
import { CHECK_ENVIRONMENT } from "../../../ottl/texts-schema.ts";
import {
  attributeMatches,
  matchProperties,
  NO_PROPERTIES,
  severityMatch,
  type MatchProperties,
} from "../../../match/match-config.ts";
import { plainOf } from "../../../schema/expanded.ts";
import type { Place } from "../../../schema/place.ts";
import { anything, field, list, oneOf, optional, section, string, type Schema } from "../../../schema/schema.ts";
import { compileConditions, type ConditionGroup } from "./compile-conditions.ts";

export interface MatchPair {
  readonly include: MatchProperties | undefined;
  readonly exclude: MatchProperties | undefined;
}

export interface FilterConfig {
  readonly error_mode: ErrorMode;
  readonly trace_conditions: readonly ConditionGroup[];
  readonly metric_conditions: readonly ConditionGroup[];
  readonly log_conditions: readonly ConditionGroup[];
  readonly traces: Readonly<Record<"resource" | "span" | "spanevent", readonly string[]>>;
  readonly metrics: Readonly<Record<"resource" | "metric" | "datapoint", readonly string[]>> & MatchPair;
  readonly logs: Readonly<Record<"resource" | "log_record", readonly string[]>> & MatchPair;
  readonly spans: MatchPair;
}

const conditions = list(string);

const group: Schema<ConditionGroup> = section<ConditionGroup>({
  context: field(
    optional(oneOf(...(Object.keys(CONTEXTS) as ContextName[]))),
    undefined,
    "On which kind of record the conditions are asked; found out from their paths where it is missing.",
  ),
  error_mode: field(optional(oneOf(...ERROR_MODES)), undefined, "The processor's, unless something is written here."),
  conditions: field(conditions, undefined, "Records for which one of these holds are dropped."),
});

/** Conditions alone, or groups of them. */
function groups(signal: Signal): Schema<readonly ConditionGroup[]> {
  return {
    type: "list of condition, or of section",
    item: group,
    json: { type: "array", items: { type: ["string", "object"] } },
    read(raw, place) {
      const given = plainOf(raw);
      const items = Array.isArray(given) ? given : [];
      const texts = items.filter((one) => typeof plainOf(one) === "string");
      if (texts.length > 0 && texts.length < items.length) {
        place.problem(
          "configuring multiple configuration styles is not supported, please use only Basic configuration or only Advanced configuration",
        );
        return [];
      }
      const isBasic = texts.length > 0;
      // Each condition alone runs on the kind of record that it names.
      const read = isBasic
        ? conditions.read(raw, place).map((text) => ({ context: undefined, error_mode: undefined, conditions: [text] }))
        : list(group).read(raw, place);
      for (const [i, one] of read.entries()) {
        compileConditions(one, signal, CHECK_ENVIRONMENT, (index) =>
          isBasic || index === undefined ? place.at(i) : place.at(i).at("conditions").at(index),
        );
      }
      return read;
    },
  };
}

/** The older style: conditions that stand under their context, with or without its name in their paths. */
function conditionsOf(signal: Signal, context: ContextName): Schema<readonly string[]> {
  return {
    type: "list of condition",
    item: string,
    read(raw, place) {
      const read = conditions.read(raw, place);
      compileConditions({ context, error_mode: undefined, conditions: read }, signal, CHECK_ENVIRONMENT, (index) =>
        index === undefined ? place : place.at(index),
      );
      return read;
    },
  };
}

const metricMatch: Schema<MatchProperties> = older(
  section({
    match_type: field(
      oneOf("strict", "regexp", "expr"),
      undefined,
      "How texts are compared. `expr` is no longer supported.",
    ),
    metric_names: field(conditions, undefined, "Names of which the metric must have one."),
    resource_attributes: field(attributeMatches, undefined, "Attributes that the resource must have, all of them."),
    expressions: field(conditions, undefined, "No longer supported: write conditions."),
    regexp: field(anything, undefined, "Accepted; has no effect."),
  }),
  (given, place) => {
    if (given.match_type === "expr" || given.expressions.length > 0) {
      place.problem("expressions are no longer supported", "write them as metric_conditions");
    }
    return { metric_names: given.metric_names, resources: given.resource_attributes };
  },
);

const logMatch: Schema<MatchProperties> = older(
  section({
    match_type: field(
      oneOf("strict", "regexp", "expr"),
      undefined,
      "How texts are compared. `expr` is no longer supported.",
    ),
    resource_attributes: field(attributeMatches, undefined, "Attributes that the resource must have, all of them."),
    record_attributes: field(attributeMatches, undefined, "Attributes that the record must have, all of them."),
    severity_texts: field(conditions, undefined, "Texts of which one must be the record's severity."),
    severity_number: field(optional(severityMatch), undefined, "How severe a record must be."),
    bodies: field(conditions, undefined, "Texts of which one must be the record's body."),
  }),
  (given, place) => {
    if (given.match_type === "expr")
      place.problem("expressions are no longer supported", "write them as log_conditions");
    return {
      log_bodies: given.bodies,
      log_severity_texts: given.severity_texts,
      log_severity_number: given.severity_number,
      attributes: given.record_attributes,
      resources: given.resource_attributes,
    };
  },
);

/** Properties under other names. */
function older<T extends { readonly match_type: "strict" | "regexp" | "expr" }>(
  schema: Schema<T>,
  properties: (given: T, place: Place) => Partial<MatchProperties>,
): Schema<MatchProperties> {
  return {
    ...(schema as unknown as Schema<MatchProperties>),
    read(raw, place) {
      const given = schema.read(raw, place);
      const type = given.match_type === "regexp" ? "regexp" : "strict";
      return { ...NO_PROPERTIES, ...properties(given, place), match_type: type };
    },
  };
}

function pair(schema: Schema<MatchProperties>): {
  readonly include: ReturnType<typeof field<MatchProperties | undefined>>;
  readonly exclude: ReturnType<typeof field<MatchProperties | undefined>>;
} {
  return {
    include: field(optional(schema), undefined, "Drops whatever does not match. The older style: prefer conditions."),
    exclude: field(optional(schema), undefined, "Drops whatever matches. The older style: prefer conditions."),
  };
}

const doc = (what: string): string => `The older style: ${what} for which one of these holds are dropped.`;

export const schema: Schema<FilterConfig> = section<FilterConfig>(
  {
    error_mode: field(
      oneOf(...ERROR_MODES),
      "ignore",
      "What becomes of a condition's error: `ignore` logs it and asks the next one, `silent` only asks the next one, `propagate` refuses the batch.",
    ),
    trace_conditions: field(
      groups("traces"),
      undefined,
      "What is dropped of spans and their events: conditions, or groups of them.",
    ),
    metric_conditions: field(groups("metrics"), undefined, "What is dropped of metrics and their data points."),
    log_conditions: field(groups("logs"), undefined, "What is dropped of log records."),
    traces: field(
      section<FilterConfig["traces"]>({
        resource: field(conditionsOf("traces", "resource"), undefined, doc("resources")),
        span: field(conditionsOf("traces", "span"), undefined, doc("spans")),
        spanevent: field(conditionsOf("traces", "spanevent"), undefined, doc("span events")),
      }),
      undefined,
      "The older style, for traces.",
    ),
    metrics: field(
      section<FilterConfig["metrics"]>({
        resource: field(conditionsOf("metrics", "resource"), undefined, doc("resources")),
        metric: field(conditionsOf("metrics", "metric"), undefined, doc("metrics")),
        datapoint: field(conditionsOf("metrics", "datapoint"), undefined, doc("data points")),
        ...pair(metricMatch),
      }),
      undefined,
      "The older style, for metrics.",
    ),
    logs: field(
      section<FilterConfig["logs"]>({
        resource: field(conditionsOf("logs", "resource"), undefined, doc("resources")),
        log_record: field(conditionsOf("logs", "log"), undefined, doc("log records")),
        ...pair(logMatch),
      }),
      undefined,
      "The older style, for logs.",
    ),
    spans: field(section<MatchPair>(pair(matchProperties)), undefined, "The oldest style, for spans."),
  },
  checkStyles,
);

function checkStyles({ traces, metrics, logs, spans }: FilterConfig, place: Place): void {
  const isAsked = (...lists: readonly (readonly string[])[]): boolean => lists.some((one) => one.length > 0);
  const isMatched = ({ include, exclude }: MatchPair): boolean => include !== undefined || exclude !== undefined;
  if (isAsked(traces.resource, traces.span, traces.spanevent) && isMatched(spans)) {
    place.problem(
      'cannot use "traces.resource", "traces.span", "traces.spanevent" and the span settings "spans.include", "spans.exclude" at the same time',
    );
  }
  if (isAsked(metrics.resource, metrics.metric, metrics.datapoint) && isMatched(metrics)) {
    place.problem(
      'cannot use "metrics.resource", "metrics.metric", "metrics.datapoint" and the settings "metrics.include", "metrics.exclude" at the same time',
    );
  }
  if (isAsked(logs.resource, logs.log_record) && isMatched(logs)) {
    place.problem(
      'cannot use "logs.resource", "logs.log" and the settings "logs.include", "logs.exclude" at the same time',
    );
  }
}
