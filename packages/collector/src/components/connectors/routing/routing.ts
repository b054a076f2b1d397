import { ClewError } from "@clew/base";
import { concatPayloads, type Payload } from "@clew/otlp";
import type { Component, ConnectorOutput, Settings } from "../../../component.ts";
import { ConsumeError, type Consumer } from "../../../consumer.ts";
import type { Context } from "../../../ottl/context.ts";
import type { Explained } from "../../../ottl/explain.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import type { Outcome } from "../../../ottl/statement.ts";
import { fanOut, settleAll } from "../../../pipeline/fan-out.ts";
import { nearest } from "../../../schema/nearest.ts";
import { Place } from "../../../schema/place.ts";
import type { RoutingConfig } from "./config.ts";
import { compileRoute, type Route } from "./routes.ts";
import { split } from "./split.ts";

interface Way {
  readonly route: Route;
  readonly isCopy: boolean;
  readonly to: Consumer;
}

/** Hands each record to the pipelines of the first route that matches it, and of those before that only copy. */
export class Routing implements Component, Consumer, Explained {
  readonly #settings: Settings;
  readonly #config: RoutingConfig;
  readonly #pipelines: ConnectorOutput["pipelines"];
  // pipelines' ids --> all of them
  readonly #consumers = new Map<string, Consumer>();
  readonly #ways: readonly Way[];
  readonly #default: Consumer | undefined;

  /** Throws `CONFIG_INVALID` where a pipeline is named that does not take from this connector. */
  constructor(settings: Settings, config: RoutingConfig, { pipelines }: ConnectorOutput) {
    this.#settings = settings;
    this.#config = config;
    this.#pipelines = pipelines;
    this.#ways = this.#compiled();
    this.#default =
      config.default_pipelines.length === 0
        ? undefined
        : this.#consumerOf(config.default_pipelines, "default_pipelines");
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  explain = (): readonly Outcome[] => this.#ways.map(({ route }) => route.outcome());

  async consume(payload: Payload): Promise<void> {
    const loads = new Map<Consumer, Payload[]>();
    const add = (consumer: Consumer | undefined, part: Payload | undefined): void => {
      if (consumer === undefined || part === undefined) return;
      const parts = loads.get(consumer);
      if (parts === undefined) loads.set(consumer, [part]);
      else parts.push(part);
    };
    let left: Payload | undefined = payload;
    for (const { route, isCopy, to } of this.#ways) {
      if (left === undefined) break;
      const { matched, rest }: ReturnType<typeof split> = split(left, route, (context) => this.#asks(route, context));
      add(to, matched);
      if (!isCopy) left = rest;
    }
    add(this.#default, left);
    await settleAll([...loads].map(([consumer, parts]) => consumer.consume(concatPayloads(parts))));
  }

  #asks(route: Route, context: Context): boolean {
    try {
      return route.matches(context);
    } catch (error) {
      if (!(error instanceof OttlError)) throw error;
      const { error_mode: mode } = this.#config;
      const { text } = route.outcome();
      if (mode === "ignore") {
        this.#settings.logger.warn("failed to eval route", { error: error.message, statement: text });
      }
      if (mode !== "propagate") return false;
      throw new ConsumeError("STATEMENT_FAILED", `failed to eval route: ${text}, ${error.message}`, {
        permanent: true,
        path: this.#settings.path,
        remedy: "correct the statement, or set error_mode to ignore",
        cause: error,
      });
    }
  }

  #compiled(): Way[] {
    const { clock, random, logger } = this.#settings;
    const environment = { nowMs: () => clock.nowMs(), random, logger };
    const ways: Way[] = [];
    const known = new Set<string>();
    for (const [i, config] of this.#config.table.entries()) {
      // Faults were told when the configuration was read.
      const route = compileRoute(config, environment, new Place("", []))!;
      const { text } = route.outcome();
      const key = `${route.context} ${text}`;
      if (known.has(key)) {
        logger.warn("a route has the condition of one before it, and is ignored", {
          statement: text,
          pipelines: config.pipelines,
        });
        continue;
      }
      known.add(key);
      const to = this.#consumerOf(config.pipelines, `table::${i}::pipelines`);
      ways.push({ route, isCopy: config.action === "copy", to });
    }
    return ways;
  }

  #consumerOf(ids: readonly string[], setting: string): Consumer {
    const key = ids.join(" ");
    const known = this.#consumers.get(key);
    if (known !== undefined) return known;
    const consumer = fanOut(ids.map((id) => this.#pipelineOf(id, setting)));
    this.#consumers.set(key, consumer);
    return consumer;
  }

  #pipelineOf(id: string, setting: string): Consumer {
    const pipeline = this.#pipelines.get(id);
    if (pipeline !== undefined) return pipeline;
    const names = [...this.#pipelines.keys()];
    const near = nearest(id, names);
    throw new ClewError("CONFIG_INVALID", `pipeline not found: ${JSON.stringify(id)}`, {
      path: `${this.#settings.path}::${setting}`,
      remedy:
        near === undefined
          ? `name it as a receiver of that pipeline; those of this signal that do: ${names.join(", ")}`
          : `did you mean ${JSON.stringify(near)}?`,
    });
  }
}
