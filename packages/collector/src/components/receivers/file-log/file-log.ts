import { nanosOf, messageOf } from "@clew/base";
import { payloadOf } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { Consumers } from "../../../consumer.ts";
import { storageOf, type StorageClient } from "../../../extension.ts";
import { goRegExp } from "@clew/base";
import type { FileLogConfig } from "./config.ts";
import { Delivery } from "./delivery.ts";
import { newEntry, type Entry, type MutableMap, type Origin } from "./entry.ts";
import { expressionText } from "./expression-value.ts";
import { setOwn } from "./field.ts";
import { decoderFor } from "./files/encoding.ts";
import { KnownFile, type Checkpoint } from "./files/known-file.ts";
import type { Records } from "./files/record-reader.ts";
import { Tailer } from "./files/tailer.ts";
import type { OperatorTools } from "./operators/operator.ts";
import { OperatorPipeline } from "./operators/pipeline.ts";
import { writeLines, writeLogs } from "./write-logs.ts";

const CHECKPOINTS_KEY = "knownFiles";

/**
 * Reads log files as they grow. How far a file was read is remembered only once everything before was
 * taken, so that nothing is lost when the process is killed; what was read and not taken is read again.
 */
export class FileLogReceiver implements Component {
  readonly #settings: Settings;
  readonly #config: FileLogConfig;
  readonly #next: Consumers;
  readonly #abort = new AbortController();
  readonly #isText: boolean;
  /** Whether records go on as they are. */
  readonly #isPlain: boolean;
  #running: Running | undefined;
  #tailer: Tailer | undefined;
  #polling: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #stopObserving: readonly (() => void)[] = [];

  constructor(settings: Settings, config: FileLogConfig, next: Consumers) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#isText = decoderFor(config.encoding).kind !== "nop";
    const adds = [config.attributes, config.resource].some((map) => Object.keys(map).length > 0);
    const isNumbered = config.include_file_record_number || config.include_file_record_offset;
    this.#isPlain =
      this.#isText && config.operators.length === 0 && !adds && !isNumbered && config.header === undefined;
  }

  async start(): Promise<void> {
    const { logs } = this.#next;
    if (logs === undefined) return;
    const storage = await this.#openStorage();
    const known = await readCheckpoints(storage);
    const delivery = new Delivery(this.#settings, this.#config.retry_on_failure, logs, this.#abort.signal);
    const out: Entry[] = [];
    const pipeline = new OperatorPipeline(this.#config.operators, this.#tools, (entry) => out.push(entry));
    const running: Running = { storage, delivery, pipeline, out, add: this.#additions(), saved: "" };
    const tailer = new Tailer({
      settings: this.#settings,
      config: this.#config,
      known,
      take: (records) => this.#take(running, records),
      ...this.#header(),
      signal: this.#abort.signal,
    });
    this.#tailer = tailer;
    this.#running = running;
    this.#observe(tailer);
    this.#poll(running, tailer);
  }

  async shutdown(): Promise<void> {
    this.#cancelTimer?.();
    this.#abort.abort();
    for (const stop of this.#stopObserving) stop();
    const [running, tailer] = [this.#running, this.#tailer];
    this.#running = undefined;
    await this.#polling;
    if (running === undefined || tailer === undefined) return;
    // Entries held back are read again where something remembers them; else they go on unfinished.
    if (running.storage === undefined) {
      running.pipeline.flush(true);
      this.#sendOut(running);
    }
    await running.delivery.settled();
    await this.#save(running, tailer);
    await tailer.close();
    await running.storage?.close();
  }

  #observe(tailer: Tailer): void {
    const { meter, id } = this.#settings;
    const labels = { receiver: id };
    this.#stopObserving = [
      meter.gauge("otelcol_fileconsumer_open_files", "Number of open files", labels, () => tailer.openFiles),
      meter.gauge(
        "otelcol_fileconsumer_reading_files",
        "Number of open files that are being read",
        labels,
        () => tailer.readingFiles,
      ),
    ];
  }

  get #tools(): OperatorTools {
    const { clock, random, logger } = this.#settings;
    return { clock, random, logger, environment: process.env };
  }

  async #openStorage(): Promise<StorageClient | undefined> {
    const { storage } = this.#config;
    if (storage === undefined) return undefined;
    return storageOf(this.#settings, storage).open("receiver", this.#settings.id, "");
  }

  #poll(running: Running, tailer: Tailer): void {
    const again = (): void => {
      if (this.#abort.signal.aborted) return;
      this.#cancelTimer = this.#settings.clock.after(this.#config.poll_interval, () => this.#poll(running, tailer));
    };
    this.#polling = this.#pollOnce(running, tailer)
      .catch((error: unknown) => this.#settings.logger.error("Failed to poll files", { error: messageOf(error) }))
      .finally(again);
  }

  async #pollOnce(running: Running, tailer: Tailer): Promise<void> {
    await tailer.poll();
    running.pipeline.flush(false);
    this.#sendOut(running);
    await this.#save(running, tailer);
  }

  async #take(running: Running, records: Records): Promise<void> {
    const { file, lines, offsets } = records;
    if (this.#isPlain) {
      const bytes = writeLines(lines, file.attributes, this.#nowNano());
      running.delivery.send(payloadOf("logs", bytes), new Map([[file, offsets[0]!]]));
    } else {
      this.#process(running, records);
      this.#sendOut(running);
    }
    await running.delivery.room(file);
  }

  #process({ pipeline, add }: Running, { file, lines, offsets, firstNumber }: Records): void {
    const { include_file_record_number: isNumbered, include_file_record_offset: hasOffset } = this.#config;
    const nowNano = this.#nowNano();
    for (const [i, line] of lines.entries()) {
      const offset = offsets[i]!;
      const entry = newEntry(this.#isText ? line.toString() : Uint8Array.from(line), nowNano, { file, offset });
      entry.attributes = { ...file.header, ...file.attributes };
      if (isNumbered) entry.attributes["log.file.record_number"] = BigInt(firstNumber + i);
      if (hasOffset) entry.attributes["log.file.record_offset"] = BigInt(offset);
      add(entry);
      pipeline.process(entry);
    }
  }

  /** Hands on what operators gave out. */
  #sendOut({ out, delivery }: Running): void {
    if (out.length === 0) return;
    const entries = out.splice(0);
    try {
      send(delivery, entries);
    } catch {
      // One of them nests deeper than OTLP allows. It must not take the others with it.
      for (const entry of entries) this.#sendAlone(delivery, entry);
    }
  }

  #sendAlone(delivery: Delivery, entry: Entry): void {
    try {
      send(delivery, [entry]);
    } catch (error) {
      this.#settings.logger.error("Entry cannot be sent. Dropping data.", {
        error: messageOf(error),
        dropped_items: 1,
      });
    }
  }

  /** What `attributes` and `resource` add to each entry. */
  #additions(): (entry: Entry) => void {
    const compiled = (map: Readonly<Record<string, string>>) =>
      Object.entries(map).map(([key, value]) => [key, expressionText(value)] as const);
    const [attributes, resource] = [compiled(this.#config.attributes), compiled(this.#config.resource)];
    const { environment, logger } = this.#tools;
    const addTo = (map: MutableMap, values: typeof attributes, entry: Entry): void => {
      for (const [key, value] of values) setOwn(map, key, value(entry, environment));
    };
    return (entry) => {
      try {
        addTo(entry.attributes, attributes, entry);
        addTo(entry.resource, resource, entry);
      } catch (error) {
        logger.error("Failed to process entry", { error: messageOf(error) });
      }
    };
  }

  #header(): Pick<ConstructorParameters<typeof Tailer>[0], "isHeader" | "takeHeader"> {
    const { header } = this.#config;
    if (header === undefined) return { isHeader: () => false, takeHeader: () => {} };
    const pattern = goRegExp(header.pattern);
    let current: KnownFile | undefined;
    const pipeline = new OperatorPipeline(header.metadata_operators, this.#tools, ({ attributes }) => {
      if (current !== undefined) current.header = { ...current.header, ...attributes };
    });
    return {
      isHeader: (line) => pattern.test(line.toString()),
      takeHeader: (file, line) => {
        current = file;
        pipeline.process(newEntry(line.toString(), this.#nowNano(), { file, offset: 0 }));
      },
    };
  }

  #nowNano(): bigint {
    return nanosOf(this.#settings.clock.nowMs());
  }

  async #save(running: Running, tailer: Tailer): Promise<void> {
    if (running.storage === undefined) return;
    const held = new Map<object, number[]>();
    for (const { origin } of running.pipeline.held()) {
      held.set(origin.file, [...(held.get(origin.file) ?? []), origin.offset]);
    }
    const checkpoints = tailer.known.map((file) => file.checkpoint(held.get(file) ?? []));
    const text = JSON.stringify(checkpoints);
    if (text === running.saved) return;
    await running.storage.apply([{ key: CHECKPOINTS_KEY, value: Buffer.from(text) }]);
    running.saved = text;
  }
}

interface Running {
  readonly storage: StorageClient | undefined;
  readonly delivery: Delivery;
  readonly pipeline: OperatorPipeline;
  readonly out: Entry[];
  readonly add: (entry: Entry) => void;
  saved: string;
}

function send(delivery: Delivery, entries: readonly Entry[]): void {
  const payload = payloadOf("logs", writeLogs(entries));
  const starts = new Map<KnownFile, number>();
  for (const { origin } of entries) {
    const file = fileOf(origin);
    starts.set(file, Math.min(starts.get(file) ?? Infinity, origin.offset));
  }
  delivery.send(payload, starts);
}

function fileOf({ file }: Origin): KnownFile {
  return file as KnownFile;
}

async function readCheckpoints(storage: StorageClient | undefined): Promise<KnownFile[]> {
  const value = await storage?.get(CHECKPOINTS_KEY);
  if (value === undefined) return [];
  return (JSON.parse(Buffer.from(value).toString()) as Checkpoint[]).map((one) => KnownFile.fromCheckpoint(one));
}
