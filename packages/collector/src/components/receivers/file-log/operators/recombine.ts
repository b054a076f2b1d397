/** Puts entries together that were one: stack traces line by line, lines that a runtime split. */
import { duration, field, integer, oneOf, section, string } from "../../../../schema/schema.ts";
import type { Entry } from "../entry.ts";
import { byteSize } from "../byte-size.ts";
import { optionalExpression, type EntryExpression } from "../expression-value.ts";
import { entryField, type EntryField } from "../field.ts";
import {
  guarded,
  operatorFields,
  type Emit,
  type Operator,
  type OperatorConfig,
  type OperatorTools,
  type OperatorType,
} from "./operator.ts";

export interface RecombineConfig extends OperatorConfig {
  readonly is_first_entry: EntryExpression | undefined;
  readonly is_last_entry: EntryExpression | undefined;
  readonly combine_field: EntryField;
  readonly combine_with: string;
  readonly max_batch_size: number;
  readonly max_unmatched_batch_size: number;
  readonly overwrite_with: "oldest" | "newest";
  readonly force_flush_period: number;
  readonly source_identifier: EntryField;
  readonly max_sources: number;
  readonly max_log_size: number;
}

const DEFAULT_SOURCE = "DefaultSourceIdentifier";

export const recombine: OperatorType<RecombineConfig> = {
  type: "recombine",
  schema: section<RecombineConfig>({
    ...operatorFields,
    is_first_entry: field(optionalExpression, undefined, "Whether an entry begins a series."),
    is_last_entry: field(optionalExpression, undefined, "Whether an entry ends a series."),
    combine_field: field(entryField, "", "What is put together."),
    combine_with: field(string, "\n", "Stands between the parts."),
    max_batch_size: field(integer(), 1_000, "At most so many entries become one; 0 is no limit."),
    max_unmatched_batch_size: field(integer(), 100, "At most so many before any matched; 0 is no limit."),
    overwrite_with: field(oneOf("oldest", "newest"), "oldest", "Which entry's other fields stay."),
    force_flush_period: field(duration, "5s", "How long an unfinished series is waited for."),
    source_identifier: field(entryField, 'attributes["log.file.path"]', "Entries of one value are one source."),
    max_sources: field(integer(1), 1_000, "At most so many sources at once."),
    max_log_size: field(byteSize, 0, "A series that is longer is handed on; 0 is no limit."),
  }),
  create(config, tools) {
    if ((config.is_first_entry === undefined) === (config.is_last_entry === undefined)) {
      throw new TypeError("only one of is_first_entry and is_last_entry can be set");
    }
    return new Recombining(config, tools);
  },
};

interface Series {
  base: Entry;
  /** Where the first of them came from. */
  readonly first: Entry;
  text: string;
  count: number;
  hasMatched: boolean;
  readonly sinceMs: number;
}

export class Recombining implements Operator {
  readonly #config: RecombineConfig;
  readonly #tools: OperatorTools;
  readonly #guarded: Operator;
  // source --> what was taken of its series
  readonly #series = new Map<string, Series>();

  constructor(config: RecombineConfig, tools: OperatorTools) {
    this.#config = config;
    this.#tools = tools;
    this.#guarded = guarded(config, tools, (entry, emit) => this.#take(entry, emit));
  }

  process(entry: Entry, emit: Emit): void {
    this.#guarded.process(entry, emit);
  }

  *held(): Iterable<Entry> {
    for (const { first } of this.#series.values()) yield first;
  }

  flush(emit: Emit, isEnd: boolean): void {
    const beforeMs = this.#tools.clock.nowMs() - this.#config.force_flush_period;
    for (const [source, { sinceMs }] of this.#series) {
      if (isEnd || sinceMs <= beforeMs) this.#finish(source, emit);
    }
  }

  #take(entry: Entry, emit: Emit): void {
    const { is_first_entry: isFirst, is_last_entry: isLast, source_identifier } = this.#config;
    const matches = (isFirst ?? isLast)?.(entry, this.#tools.environment) === true;
    const identifier = source_identifier.get(entry);
    const source = typeof identifier === "string" && identifier !== "" ? identifier : DEFAULT_SOURCE;
    if (matches && isFirst !== undefined) this.#finish(source, emit);
    this.#append(source, entry, matches, emit);
    if (matches && isLast !== undefined) this.#finish(source, emit);
  }

  #append(source: string, entry: Entry, matches: boolean, emit: Emit): void {
    const { combine_field, combine_with, overwrite_with, max_sources } = this.#config;
    const part = combine_field.get(entry);
    if (typeof part !== "string") throw new TypeError("entry does not contain the combine_field");
    let series = this.#series.get(source);
    if (series === undefined) {
      if (this.#series.size >= max_sources) {
        this.#tools.logger.error(
          "Too many sources. Flushing all batched logs. Consider increasing max_sources parameter",
        );
        this.flush(emit, true);
      }
      const sinceMs = this.#tools.clock.nowMs();
      series = { base: entry, first: entry, text: part, count: 1, hasMatched: matches, sinceMs };
      this.#series.set(source, series);
    } else {
      series.count++;
      series.text += combine_with + part;
      series.hasMatched ||= matches;
      if (overwrite_with === "newest") series.base = entry;
    }
    if (this.#isFull(series)) this.#finish(source, emit);
  }

  #isFull({ text, count, hasMatched }: Series): boolean {
    const { max_log_size, max_batch_size, max_unmatched_batch_size } = this.#config;
    if (max_log_size > 0 && Buffer.byteLength(text) > max_log_size) return true;
    if (max_batch_size > 0 && count >= max_batch_size) return true;
    return !hasMatched && max_unmatched_batch_size > 0 && count >= max_unmatched_batch_size;
  }

  #finish(source: string, emit: Emit): void {
    const series = this.#series.get(source);
    if (series === undefined) return;
    this.#series.delete(source);
    // The checkpoint stays before the first part until all of it is delivered.
    const entry = { ...series.base, origin: series.first.origin };
    this.#config.combine_field.set(entry, series.text);
    emit(entry);
  }
}
