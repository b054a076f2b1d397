import { dataOf, TelemetryView, type MessageView, type Payload, type Signal } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import { ConsumeError, type Consumer } from "../../../consumer.ts";
import { matcherOf, type Matched } from "../../../match/matcher.ts";
import { ConditionList } from "../../../ottl/condition-list.ts";
import { Context } from "../../../ottl/context.ts";
import type { ContextName } from "../../../ottl/contexts.ts";
import type { Explained } from "../../../ottl/explain.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import type { Outcome } from "../../../ottl/statement.ts";
import { Place } from "../../../schema/place.ts";
import type { Counter } from "../../../telemetry/meter.ts";
import { compileConditions, type ConditionGroup } from "./compile-conditions.ts";
import type { FilterConfig, MatchPair } from "./config.ts";

/** What is dropped of one signal. */
interface Rules {
  // kind of record --> conditions of which one drops it
  readonly lists: ReadonlyMap<ContextName, readonly ConditionList[]>;
  /** Whether a span, metric or log record stays, by the older properties. */
  readonly isKept: ((matched: Matched) => boolean) | undefined;
}

const DROPPED: Readonly<Record<Signal, readonly [name: string, what: string]>> = {
  traces: ["spans", "spans"],
  metrics: ["datapoints", "metric data points"],
  logs: ["logs", "logs"],
};

/** Drops what conditions hold for: from resources down, so that what is dropped as a whole is not looked into. */
export class FilterProcessor implements Component, Consumer, Explained {
  readonly #settings: Settings;
  readonly #next: Consumer;
  readonly #rules: Readonly<Record<Signal, Rules>>;
  readonly #dropped: Readonly<Record<Signal, Counter>>;

  constructor(settings: Settings, config: FilterConfig, next: Consumer) {
    this.#settings = settings;
    this.#next = next;
    const older = (context: ContextName, conditions: readonly string[]): ConditionGroup => ({
      context,
      error_mode: undefined,
      conditions,
    });
    const { traces, metrics, logs } = config;
    const olderTraces = [
      older("resource", traces.resource),
      older("span", traces.span),
      older("spanevent", traces.spanevent),
    ];
    const olderMetrics = [
      older("resource", metrics.resource),
      older("metric", metrics.metric),
      older("datapoint", metrics.datapoint),
    ];
    const olderLogs = [older("resource", logs.resource), older("log", logs.log_record)];
    this.#rules = {
      traces: this.#compiled("traces", [...config.trace_conditions, ...olderTraces], config.spans, config),
      metrics: this.#compiled("metrics", [...config.metric_conditions, ...olderMetrics], metrics, config),
      logs: this.#compiled("logs", [...config.log_conditions, ...olderLogs], logs, config),
    };
    this.#dropped = { traces: this.#counter("traces"), metrics: this.#counter("metrics"), logs: this.#counter("logs") };
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
    Object.values(this.#rules).flatMap(({ lists }) => [...lists.values()].flat().flatMap(({ outcomes }) => outcomes));

  async consume(payload: Payload): Promise<void> {
    const { lists, isKept } = this.#rules[payload.signal];
    const kept = lists.size === 0 && isKept === undefined ? payload : this.#filtered(payload);
    this.#dropped[payload.signal].add(payload.counts.items - (kept?.counts.items ?? 0));
    if (kept !== undefined) await this.#next.consume(kept);
  }

  #filtered(payload: Payload): Payload | undefined {
    const view = new TelemetryView(payload);
    try {
      filterView(view, this.#rules[payload.signal], payload);
    } catch (error) {
      throw this.#refused(error, payload.signal);
    }
    return view.payload();
  }

  #refused(error: unknown, signal: Signal): unknown {
    if (!(error instanceof OttlError)) return error;
    this.#settings.logger.error(`failed processing ${signal}`, { error: error.message });
    return new ConsumeError("STATEMENT_FAILED", error.message, {
      permanent: true,
      path: this.#settings.path,
      remedy: "correct the condition, or set error_mode to ignore",
      cause: error,
    });
  }

  #counter(signal: Signal): Counter {
    const [name, what] = DROPPED[signal];
    const help = `Number of ${what} dropped by the filter processor`;
    return this.#settings.meter.counter(`otelcol_processor_filter_${name}_filtered`, help, {
      filter: this.#settings.id,
    });
  }

  #compiled(signal: Signal, groups: readonly ConditionGroup[], match: MatchPair, config: FilterConfig): Rules {
    const { clock, random, logger } = this.#settings;
    const environment = { nowMs: () => clock.nowMs(), random, logger };
    const lists = new Map<ContextName, ConditionList[]>();
    for (const group of groups) {
      if (group.conditions.length === 0) continue;
      // Faults were told when the configuration was read.
      const { context, conditions } = compileConditions(group, signal, environment, () => new Place("", []))!;
      const list = new ConditionList(conditions, group.error_mode ?? config.error_mode, logger);
      lists.set(context, [...(lists.get(context) ?? []), list]);
    }
    const hasMatch = match.include !== undefined || match.exclude !== undefined;
    return { lists, isKept: hasMatch ? matcherOf(match) : undefined };
  }
}

function filterView(view: TelemetryView, { lists, isKept }: Rules, { client }: Payload): void {
  const context = new Context();
  context.client = client;
  const isDropped = (name: ContextName): boolean => lists.get(name)?.some((list) => list.anyHolds(context)) === true;
  const own = view.signal === "traces" ? "span" : view.signal === "metrics" ? "metric" : "log";
  const hasRecords = lists.has(own) || isKept !== undefined || lists.has("spanevent") || lists.has("datapoint");
  view.retain({
    resource(resources) {
      context.resources = resources;
      return !isDropped("resource");
    },
    ...(lists.has("scope") || hasRecords
      ? {
          scope(scopes: MessageView, resources: MessageView) {
            context.resources = resources;
            context.scopes = scopes;
            return !isDropped("scope");
          },
        }
      : {}),
    ...(hasRecords
      ? {
          record(record: MessageView, scopes: MessageView, resources: MessageView) {
            Object.assign(context, { record, scopes, resources });
            if (isDropped(own) || isKept?.({ resources, scopes, record, attributes: attributesOf(record) }) === false) {
              return false;
            }
            if (lists.has("spanevent")) retainItems(context, record, "events", () => !isDropped("spanevent"));
            return !lists.has("datapoint") || retainPoints(context, record, () => !isDropped("datapoint"));
          },
        }
      : {}),
  });
}

function attributesOf(record: MessageView): Matched["attributes"] {
  return record.type.byName["attributes"] === undefined ? undefined : record.attributes();
}

function retainItems(context: Context, holder: MessageView, field: string, isKept: () => boolean): void {
  let index = 0;
  holder.retain(field, (item) => {
    context.item = item;
    context.itemIndex = index++;
    return isKept();
  });
}

/** A metric that has no data points any more is dropped too. */
function retainPoints(context: Context, metric: MessageView, isKept: () => boolean): boolean {
  const data = dataOf(metric);
  if (data === undefined) return true;
  retainItems(context, metric.one(data), "dataPoints", isKept);
  return metric.one(data).many("dataPoints").length > 0;
}
