import { TelemetryView, type Payload, type Value } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import { ConsumeError, type Consumer } from "../../../consumer.ts";
import type { ContextName } from "../../../ottl/contexts.ts";
import type { Explained } from "../../../ottl/explain.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import type { Outcome } from "../../../ottl/statement.ts";
import { StatementGroup } from "../../../ottl/statement-group.ts";
import { Place } from "../../../schema/place.ts";
import { compileGroup } from "./compile-group.ts";
import type { GroupConfig, TransformConfig } from "./config.ts";
import { flattenLogs, joinLogs } from "./flatten-logs.ts";

interface Group {
  readonly group: StatementGroup;
  readonly sharesCache: boolean;
}

/** Runs statements on what passes. Only what a statement touches is decoded, and only what it changed is written anew. */
export class TransformProcessor implements Component, Consumer, Explained {
  readonly #settings: Settings;
  readonly #config: TransformConfig;
  readonly #next: Consumer;
  readonly #groups: Readonly<Record<Payload["signal"], readonly Group[]>>;

  constructor(settings: Settings, config: TransformConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#groups = {
      traces: this.#compiled("traces", config.trace_statements),
      metrics: this.#compiled("metrics", config.metric_statements),
      logs: this.#compiled("logs", config.log_statements),
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

  explain = (): readonly Outcome[] => {
    const { traces, metrics, logs } = this.#groups;
    return [...traces, ...metrics, ...logs].flatMap(({ group }) => group.outcomes);
  };

  async consume(payload: Payload): Promise<void> {
    const groups = this.#groups[payload.signal];
    const after = groups.length === 0 ? payload : this.#transformed(payload, groups);
    if (after !== undefined) await this.#next.consume(after);
  }

  #transformed(payload: Payload, groups: readonly Group[]): Payload | undefined {
    const isFlat = payload.signal === "logs" && this.#config.flatten.log;
    const view = new TelemetryView(isFlat ? flattenLogs(payload) : payload);
    const caches = new Map<ContextName, Map<string, Value>>();
    for (const { group, sharesCache } of groups) {
      if (sharesCache && !caches.has(group.context)) caches.set(group.context, new Map());
      try {
        group.run(view, payload.client, sharesCache ? caches.get(group.context) : undefined);
      } catch (error) {
        throw this.#refused(error, payload.signal);
      }
    }
    const after = view.payload();
    return isFlat && after !== undefined ? joinLogs(after) : after;
  }

  #refused(error: unknown, signal: string): unknown {
    if (!(error instanceof OttlError)) return error;
    this.#settings.logger.error(`failed processing ${signal}`, { error: error.message });
    return new ConsumeError("STATEMENT_FAILED", error.message, {
      permanent: true,
      path: this.#settings.path,
      remedy: "correct the statement, or set error_mode to ignore",
      cause: error,
    });
  }

  #compiled(signal: Payload["signal"], configs: readonly GroupConfig[]): Group[] {
    const { clock, random, logger } = this.#settings;
    const environment = { nowMs: () => clock.nowMs(), random, logger };
    return configs.map((config) => {
      // Faults were told when the configuration was read.
      const compiled = compileGroup(config, signal, environment, () => new Place("", []))!;
      const errorMode = config.error_mode ?? this.#config.error_mode;
      return { group: new StatementGroup({ ...compiled, errorMode, logger }), sharesCache: config.shared_cache };
    });
  }
}
