import { nanosOf } from "@clew/base";
import {
  encode,
  payloadOf,
  pointsOf,
  PROTOCOLS,
  TelemetryView,
  valueObject,
  type MessageView,
  type Payload,
} from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import { ConsumeError, type Consumer } from "../../../consumer.ts";
import { valueOfYaml } from "../../../match/yaml-value.ts";
import { ConditionList } from "../../../ottl/condition-list.ts";
import { Context } from "../../../ottl/context.ts";
import { CONTEXTS } from "../../../ottl/contexts.ts";
import type { Explained } from "../../../ottl/explain.ts";
import { conditionFunctions } from "../../../ottl/functions/condition-functions.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import { compileCondition, type Outcome } from "../../../ottl/statement.ts";
import { COUNTED, type CountConfig, type Counted } from "./config.ts";
import { RecordCounter, type CountedMetric } from "./counter.ts";

const SCOPE = "github.com/open-telemetry/opentelemetry-collector-contrib/connector/countconnector";

type Counters = Readonly<Record<Counted, RecordCounter>>;

/** Sends how many records of each kind a batch has, as metrics of the same resources. */
export class Count implements Component, Consumer, Explained {
  readonly #settings: Settings;
  readonly #next: Consumer;
  readonly #metrics: Readonly<Record<Counted, readonly CountedMetric[]>>;

  constructor(settings: Settings, config: CountConfig, next: Consumer) {
    this.#settings = settings;
    this.#next = next;
    const of = (counted: Counted): CountedMetric[] => countedMetrics(counted, config, settings);
    this.#metrics = {
      spans: of("spans"),
      spanevents: of("spanevents"),
      metrics: of("metrics"),
      datapoints: of("datapoints"),
      logs: of("logs"),
    };
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  refusal(): ConsumeError | undefined {
    return this.#next.refusal?.();
  }

  explain = (): readonly Outcome[] =>
    Object.values(this.#metrics).flatMap((all) => all.flatMap(({ conditions }) => conditions?.outcomes ?? []));

  async consume(payload: Payload): Promise<void> {
    const resourceMetrics = this.#counted(payload);
    if (resourceMetrics.length === 0) return;
    const counts = payloadOf("metrics", encode(PROTOCOLS.metrics.request, { resourceMetrics }));
    await this.#next.consume(payload.client === undefined ? counts : { ...counts, client: payload.client });
  }

  #counted(payload: Payload): object[] {
    const view = new TelemetryView(payload);
    const nowNanos = nanosOf(this.#settings.clock.nowMs());
    try {
      return view.resources.flatMap((resources) => {
        const counters = Object.values(this.#countersOf(view, resources, payload)).filter((one) => one.hasCounted);
        if (counters.length === 0) return [];
        const attributes = [...resources.one("resource").attributes()].map(([key, value]) => ({
          key,
          value: valueObject(value),
        }));
        const metrics = counters.flatMap((counter) => counter.metrics(nowNanos));
        return { resource: { attributes }, scopeMetrics: [{ scope: { name: SCOPE }, metrics }] };
      });
    } catch (error) {
      if (!(error instanceof OttlError)) throw error;
      throw new ConsumeError("STATEMENT_FAILED", error.message, {
        permanent: true,
        path: this.#settings.path,
        remedy: "correct the condition, so that it holds for records of every form",
        cause: error,
      });
    }
  }

  #countersOf(view: TelemetryView, resources: MessageView, { client }: Payload): Counters {
    const counters: Counters = {
      spans: new RecordCounter(this.#metrics.spans),
      spanevents: new RecordCounter(this.#metrics.spanevents),
      metrics: new RecordCounter(this.#metrics.metrics),
      datapoints: new RecordCounter(this.#metrics.datapoints),
      logs: new RecordCounter(this.#metrics.logs),
    };
    const context = new Context();
    Object.assign(context, { resources, client });
    const count = { traces: countSpan, metrics: countMetric, logs: countLog }[view.signal];
    for (const scopes of view.scopesOf(resources)) {
      context.scopes = scopes;
      for (const record of view.recordsOf(scopes)) {
        context.record = record;
        count(context, counters);
      }
    }
    return counters;
  }
}

function countSpan(context: Context, { spans, spanevents }: Counters): void {
  const { record } = context;
  observe(spans, record, "startTimeUnixNano", "endTimeUnixNano");
  spans.count(context, [record.attributes(), ...sourcesAbove(context)]);
  countItems(context, record.many("events"), spanevents);
}

function countMetric(context: Context, { metrics, datapoints }: Counters): void {
  metrics.count(context, []);
  countItems(context, pointsOf(context.record), datapoints);
}

function countLog(context: Context, { logs }: Counters): void {
  observe(logs, context.record, "timeUnixNano");
  logs.count(context, [context.record.attributes(), ...sourcesAbove(context)]);
}

function countItems(context: Context, items: readonly MessageView[], counter: RecordCounter): void {
  for (const [itemIndex, item] of items.entries()) {
    Object.assign(context, { item, itemIndex });
    observe(counter, item, "timeUnixNano");
    counter.count(context, [item.attributes(), ...sourcesAbove(context)]);
  }
}

function sourcesAbove({ scopes, resources }: Context): ReturnType<MessageView["attributes"]>[] {
  return [scopes.one("scope").attributes(), resources.one("resource").attributes()];
}

function observe(counter: RecordCounter, view: MessageView, ...fields: readonly string[]): void {
  for (const field of fields) counter.observe(view.get(field) as bigint);
}

function countedMetrics(counted: Counted, config: CountConfig, { clock, random, logger }: Settings): CountedMetric[] {
  const name = COUNTED[counted];
  const environment = { nowMs: () => clock.nowMs(), random, logger };
  const settings = { context: CONTEXTS[name], functions: conditionFunctions(name), environment, mayOmitContext: true };
  return Object.entries(config[counted]).map(([metric, { description, conditions: texts, attributes }]) => {
    const compiled = texts.map((text) => compileCondition(text, settings));
    return {
      name: metric,
      description,
      conditions: compiled.length === 0 ? undefined : new ConditionList(compiled, "propagate", logger),
      attributes: attributes.map(({ key, default_value: standIn }) => ({
        key,
        standIn: standIn === undefined ? undefined : valueOfYaml(standIn),
      })),
    };
  });
}
