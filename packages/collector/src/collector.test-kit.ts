/** Runs a collector in a test: ports picked by the system, log lines kept, a sink that remembers. */
import type { Clock } from "@clew/base";
import type { Payload } from "@clew/otlp";
import { builtinComponents, clewExporter, loadConfig, startCollector, type Collector, type Logger } from "./index.ts";
import { addressText } from "./net/address.ts";
import { SimulatedClock } from "./replay/simulated-clock.ts";
import { consoleLogger } from "./telemetry/logger.ts";

export { SimulatedClock as ManualClock };

export interface Lines {
  readonly lines: string[];
  readonly logger: Logger;
}

/** A logger that keeps its lines, without their times. */
export function keptLog(): Lines {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text.slice(text.indexOf("\t") + 1).trimEnd());
  return { lines, logger: consoleLogger({ write, nowMs: () => 0, level: "debug" }) };
}

/** Stands where the store would: keeps what it is given, or does what `answer` does. */
export class MemorySink {
  readonly payloads: Payload[] = [];
  answer: () => Promise<void> = () => Promise.resolve();

  async write(payload: Payload): Promise<void> {
    await this.answer();
    this.payloads.push(payload);
  }

  get items(): number {
    return this.payloads.reduce((total, { counts }) => total + counts.items, 0);
  }
}

export interface RunningCollector extends Lines {
  readonly collector: Collector;
  readonly sink: MemorySink;
  /** `host:port` of a server, by the end of its configuration path. */
  at(path: string): string;
}

/** Starts `yaml`, in which the exporter `clew` is a `MemorySink`. The caller shuts it down. */
export async function runCollector(yaml: string, clock?: Clock): Promise<RunningCollector> {
  const { lines, logger } = keptLog();
  const sink = new MemorySink();
  const all = builtinComponents();
  const components = { ...all, exporters: [...all.exporters, clewExporter(sink)] };
  const config = await loadConfig(yaml, {});
  const collector = await startCollector({ config, components, logger, ...(clock === undefined ? {} : { clock }) });
  return {
    collector,
    lines,
    logger,
    sink,
    at(path) {
      const found = Object.entries(collector.addresses).find(([key]) => key.includes(path));
      if (found === undefined)
        throw new Error(`nothing listens at ${path}: ${Object.keys(collector.addresses).join(", ")}`);
      return addressText(found[1]);
    },
  };
}

/** A promise, and what settles it. */
export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

export function deferred(): Deferred {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Resolves once `isTrue`, asking after every turn of the event loop. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
