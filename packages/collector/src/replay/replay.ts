/**
 * Runs recorded telemetry through a configuration, without its receivers, exporters and
 * extensions, and tells what each stage changed, dropped or routed. Time is simulated, so that
 * batches and decisions that wait for it are made at once.
 */
import { messageOf } from "@clew/base";
import type { Payload } from "@clew/otlp";
import { startCollector } from "../collector.ts";
import { stateless, type Kind } from "../component.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { Consumer } from "../consumer.ts";
import type { Storage } from "../extension.ts";
import type { Tap } from "../pipeline/graph.ts";
import type { Registry } from "../registry.ts";
import { plainOf } from "../schema/expanded.ts";
import type { Logger } from "../telemetry/logger.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import { compareStage } from "./stage-report.ts";

export interface ReplaySettings {
  /** Its own metrics must be off. */
  readonly config: LoadedConfig;
  readonly components: Registry;
  readonly payloads: readonly Payload[];
  readonly logger: Logger;
  readonly nowMs: number;
}

/** How far time is moved once everything was fed, step by step. */
const SETTLE_MS = 10 * 60_000;
const STEP_MS = 500;

interface Stage {
  readonly kind: Kind;
  readonly id: string;
  readonly passed: Payload[];
}

/** Resolves with the report. Rejects with `CONFIG_INVALID`. */
export async function replay(settings: ReplaySettings): Promise<string> {
  const clock = new SimulatedClock(settings.nowMs);
  const recording = new Recording(connectorIds(settings.config));
  const collector = await startCollector({
    config: settings.config,
    components: detached(settings.components),
    logger: settings.logger,
    clock,
    random: () => 0.5,
    tap: recording.tap,
  });
  const outcomes = Promise.allSettled(
    settings.payloads.flatMap((payload) => recording.entriesOf(payload).map((entry) => entry.consume(payload))),
  );
  for (let elapsedMs = 0; elapsedMs < SETTLE_MS; elapsedMs += STEP_MS) {
    clock.advance(STEP_MS);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await collector.shutdown();
  const refused = (await outcomes).flatMap((one) => (one.status === "rejected" ? [messageOf(one.reason)] : []));
  const statements = collector.statements();
  return [
    recording.report(),
    statements === "" ? "" : `\nStatements\n\n${statements}`,
    ...[...new Set(refused)].map((text) => `refused: ${text}\n`),
  ].join("");
}

class Recording {
  // pipeline --> its stages, in the order in which data passes them
  readonly #pipelines = new Map<string, Stage[]>();
  readonly #connectorIds: ReadonlySet<string>;
  readonly #entries = new Map<string, { readonly signal: string; readonly consumer: Consumer }>();

  constructor(connectorIds: ReadonlySet<string>) {
    this.#connectorIds = connectorIds;
  }

  /** Graphs are built from the end, so a stage that is made later stands before. */
  readonly tap: Tap = (kind, id, pipeline, next) => {
    const stages = this.#pipelines.get(pipeline.id) ?? [];
    const stage: Stage = { kind, id, passed: [] };
    if (kind === "exporter" || kind === "connector") stages.push(stage);
    else stages.unshift(stage);
    this.#pipelines.set(pipeline.id, stages);
    const consumer: Consumer = {
      refusal: () => next.refusal?.(),
      consume(payload) {
        stage.passed.push(payload);
        return next.consume(payload);
      },
    };
    if (kind === "receiver" && !this.#connectorIds.has(id) && !this.#entries.has(pipeline.id))
      this.#entries.set(pipeline.id, { signal: pipeline.signal, consumer });
    return consumer;
  };

  entriesOf({ signal }: Payload): Consumer[] {
    return [...this.#entries.values()].flatMap((entry) => (entry.signal === signal ? [entry.consumer] : []));
  }

  report(): string {
    const pipelines = [...this.#pipelines].reverse().map(([id, stages]) => `${id}\n${reportOf(stages)}`);
    return pipelines.join("\n");
  }
}

function reportOf(stages: readonly Stage[]): string {
  let before: readonly Payload[] = stages.flatMap(({ kind, passed }) => (kind === "receiver" ? passed : []));
  const lines = [`  in: ${items(before)}`];
  for (const { kind, id, passed } of stages) {
    if (kind === "receiver") continue;
    if (kind !== "processor") {
      lines.push(`  → ${kind} ${id}: ${items(passed)}`);
      continue;
    }
    const { taken, given, lines: changes } = compareStage(before, passed);
    lines.push(`  ${id}: ${taken} → ${given}${changes.length === 0 ? ", nothing changed" : ""}`);
    for (const change of changes) lines.push(`      ${change}`);
    before = passed;
  }
  return `${lines.join("\n")}\n`;
}

function items(payloads: readonly Payload[]): string {
  const total = payloads.reduce((sum, { counts }) => sum + counts.items, 0);
  return total === 1 ? "1 item" : `${total} items`;
}

/** The same components, but those that reach outside do nothing. */
function detached(registry: Registry): Registry {
  const taking = { ...stateless, consume: (): Promise<void> => Promise.resolve() };
  return {
    ...registry,
    receivers: registry.receivers.map((factory) => ({
      ...factory,
      create(_settings, _config, next) {
        next("replay"); // Makes the pipelines' entries known.
        return stateless;
      },
    })),
    exporters: registry.exporters.map((factory) => ({ ...factory, create: () => taking })),
    extensions: registry.extensions.map((factory) => ({
      ...factory,
      create: () => ({ ...stateless, storage: memoryStorage() }),
    })),
  };
}

function memoryStorage(): Storage {
  return {
    open() {
      const values = new Map<string, Uint8Array>();
      return Promise.resolve({
        get: (key) => Promise.resolve(values.get(key)),
        keys: () => [...values.keys()],
        apply(changes) {
          for (const { key, value } of changes) {
            if (value === undefined) values.delete(key);
            else values.set(key, value);
          }
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      });
    },
  };
}

function connectorIds({ root }: LoadedConfig): ReadonlySet<string> {
  const { connectors } = (plainOf(root) ?? {}) as { connectors?: unknown };
  return new Set(Object.keys(plainOf(connectors) ?? {}));
}
