import { CONTEXTS } from "../../../ottl/contexts.ts";
import { conditionFunctions } from "../../../ottl/functions/condition-functions.ts";
import { compileCondition } from "../../../ottl/statement.ts";
import { CHECK_ENVIRONMENT, checkText } from "../../../ottl/texts-schema.ts";
import type { Place } from "../../../schema/place.ts";
import { anything, field, list, map, section, string, type Field, type Schema } from "../../../schema/schema.ts";

export interface CountedAttribute {
  readonly key: string;
  /** Undefined where records without the attribute do not count. */
  readonly default_value: unknown;
}

export interface CountMetric {
  readonly description: string;
  readonly conditions: readonly string[];
  readonly attributes: readonly CountedAttribute[];
}

/** What is counted. */
export const COUNTED = {
  spans: "span",
  spanevents: "spanevent",
  metrics: "metric",
  datapoints: "datapoint",
  logs: "log",
} as const;
export type Counted = keyof typeof COUNTED;

// metric's name --> what it counts
type CountMetrics = Readonly<Record<string, CountMetric>>;

export type CountConfig = Readonly<Record<Counted, CountMetrics>>;

const DEFAULTS: Readonly<Record<Counted, readonly [name: string, description: string]>> = {
  spans: ["trace.span.count", "The number of spans observed."],
  spanevents: ["trace.span.event.count", "The number of span events observed."],
  metrics: ["metric.count", "The number of metrics observed."],
  datapoints: ["metric.datapoint.count", "The number of data points observed."],
  logs: ["log.record.count", "The number of log records observed."],
};

const attribute: Schema<CountedAttribute> = section<CountedAttribute>(
  {
    key: field(string, "", "An attribute of the record, its scope or its resource, in this order."),
    default_value: field(
      anything,
      undefined,
      "Stands in where it is missing: a text, number or boolean. Without it such records do not count.",
    ),
  },
  ({ key, default_value: standIn }, place) => {
    if (key === "") place.problem("attribute key missing");
    if (standIn === undefined || ["string", "number", "boolean"].includes(typeof standIn)) return;
    place.at("default_value").problem(`invalid default value specified for attribute ${key}`);
  },
);

function metricsOf(counted: Counted): Field<CountMetrics> {
  const metric = section<CountMetric>(
    {
      description: field(string, "", "The metric's description."),
      conditions: field(list(string), undefined, "Only records count for which one of these holds."),
      attributes: field(list(attribute), undefined, "Records are counted apart by the values of these."),
    },
    (config, place) => check(counted, config, place),
  );
  const [name, description] = DEFAULTS[counted];
  const all = map(metric);
  const schema: Schema<CountMetrics> = {
    ...all,
    read(raw, place) {
      const read = all.read(raw, place);
      if ("" in read) place.problem("metric name missing");
      return Object.keys(read).length > 0 ? read : { [name]: { description, conditions: [], attributes: [] } };
    },
  };
  return field(schema, undefined, `Metrics that count them, by name; \`${name}\` of all where none is written.`);
}

function check(counted: Counted, { conditions, attributes }: CountMetric, place: Place): void {
  if (counted === "metrics" && attributes.length > 0) {
    place.at("attributes").problem("metrics attributes not supported", "count datapoints by their attributes");
  }
  const context = COUNTED[counted];
  const settings = {
    context: CONTEXTS[context],
    functions: conditionFunctions(context),
    environment: CHECK_ENVIRONMENT,
    mayOmitContext: true,
  };
  for (const [i, text] of conditions.entries()) {
    checkText(place.at("conditions").at(i), "condition", text, () => compileCondition(text, settings));
  }
}

export const schema: Schema<CountConfig> = section<CountConfig>({
  spans: metricsOf("spans"),
  spanevents: metricsOf("spanevents"),
  metrics: metricsOf("metrics"),
  datapoints: metricsOf("datapoints"),
  logs: metricsOf("logs"),
});
