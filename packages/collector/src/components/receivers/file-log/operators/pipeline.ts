/** The operators of a receiver, joined. */
import { ClewError, messageOf } from "@clew/base";
import { recordOf, type Schema } from "../../../../schema/schema.ts";
import { plainOf } from "../../../../schema/expanded.ts";
import { nearest } from "../../../../schema/nearest.ts";
import type { Place } from "../../../../schema/place.ts";
import { consoleLogger } from "../../../../telemetry/logger.ts";
import { copyEntry, type Entry } from "../entry.ts";
import { container } from "./container.ts";
import type { Emit, Operator, OperatorConfig, OperatorTools, OperatorType } from "./operator.ts";
import { recombine } from "./recombine.ts";
import { filter, router } from "./routing.ts";
import { scopeNameParser, traceParser } from "./trace-parser.ts";
import { severityParser } from "./severity-parser.ts";
import { syslogParser } from "./syslog-parser.ts";
import { csvParser, jsonArrayParser, jsonParser, keyValueParser, regexParser, uriParser } from "./text-parsers.ts";
import { timeParser } from "./time-parser.ts";
import {
  add,
  assignKeys,
  copy,
  flatten,
  move,
  noop,
  regexReplace,
  remove,
  retain,
  sanitizeUtf8,
  unquote,
} from "./transformers.ts";

/** Every operator there is, by its type. Each stands behind `reader`, which knows its own settings. */
const TYPES: Readonly<Record<string, OperatorReader>> = Object.fromEntries(
  [
    reader(add),
    reader(assignKeys),
    reader(container),
    reader(copy),
    reader(csvParser),
    reader(filter),
    reader(flatten),
    reader(jsonArrayParser),
    reader(jsonParser),
    reader(keyValueParser),
    reader(move),
    reader(noop),
    reader(recombine),
    reader(regexParser),
    reader(regexReplace),
    reader(remove),
    reader(retain),
    reader(router),
    reader(sanitizeUtf8),
    reader(scopeNameParser),
    reader(severityParser),
    reader(syslogParser),
    reader(timeParser),
    reader(traceParser),
    reader(unquote),
    reader(uriParser),
  ].map((one) => [one.type, one]),
);

interface OperatorReader {
  readonly type: string;
  read(raw: unknown, place: Place): ConfiguredOperator;
}

/** An operator whose settings were read, and which can be made. */
export interface ConfiguredOperator {
  readonly id: string;
  readonly outputs: readonly string[];
  /** Every operator that it may hand entries to by name. */
  readonly targets: readonly string[];
  readonly isRouter: boolean;
  create(tools: OperatorTools): Operator;
}

function reader<Config extends OperatorConfig>(type: OperatorType<Config>): OperatorReader {
  return {
    type: type.type,
    read(raw, place) {
      const config = type.schema.read(raw, place);
      const routes = (config as { readonly routes?: readonly OperatorConfig[] }).routes ?? [];
      const rest = (config as { readonly default?: readonly string[] }).default ?? [];
      return {
        id: config.id ?? config.type,
        outputs: config.output,
        targets: [...config.output, ...rest, ...routes.flatMap(({ output }) => output)],
        isRouter: type.type === "router",
        create: (tools) => type.create(config, tools),
      };
    },
  };
}

/** Tools with which an operator is made once, just to see whether it can be. */
const TRIAL: OperatorTools = {
  clock: { nowMs: () => 0, after: () => () => {}, every: () => () => {} },
  environment: {},
  random: () => 0,
  logger: consoleLogger({ write: () => {}, nowMs: () => 0 }),
};

export const operators: Schema<readonly ConfiguredOperator[]> = {
  type: "list of operator",
  read(raw, place) {
    const value = plainOf(raw) ?? [];
    if (!Array.isArray(value)) {
      place.problem("expected a list of operators", 'write one "- type: …" each');
      return [];
    }
    const read = value.flatMap((one: unknown, i) => readOperator(one, place.at(i)));
    checkIds(read, place);
    return read;
  },
};

function readOperator(raw: unknown, place: Place): readonly ConfiguredOperator[] {
  const type = plainOf(recordOf(raw, place)["type"]);
  const found = typeof type === "string" && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (found === undefined) {
    const near = typeof type === "string" ? nearest(type, Object.keys(TYPES)) : undefined;
    place.problem(
      type === undefined ? "missing required field 'type'" : `unsupported operator type ${JSON.stringify(type)}`,
      near === undefined ? `write one of ${Object.keys(TYPES).join(", ")}` : `did you mean ${JSON.stringify(near)}?`,
    );
    return [];
  }
  const before = place.problems.length;
  const configured = found.read(raw, place);
  if (place.problems.length > before) return [configured];
  try {
    configured.create(TRIAL);
  } catch (error) {
    place.problem(error instanceof ClewError ? error.what : messageOf(error), "correct its settings");
  }
  return [configured];
}

function checkIds(all: readonly ConfiguredOperator[], place: Place): void {
  const ids = new Set<string>();
  for (const { id } of all) {
    if (ids.has(id))
      place.problem(`operator id ${JSON.stringify(id)} is used more than once`, "give each an id of its own");
    ids.add(id);
  }
  for (const { id, targets } of all) {
    for (const target of targets.filter((one) => !ids.has(one))) {
      place.problem(
        `operator '${id}': could not find the output operator '${target}'`,
        "name an operator of this list",
      );
    }
  }
  const cycle = all.find((one) => reaches(one, one, all));
  if (cycle !== undefined) place.problem(`operators form a cycle through '${cycle.id}'`, "let outputs only go forward");
}

/** Whether entries of `from` can come to `goal`. */
function reaches(from: ConfiguredOperator, goal: ConfiguredOperator, all: readonly ConfiguredOperator[]): boolean {
  const seen = new Set<ConfiguredOperator>();
  const waiting = nextOf(from, all);
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (one === goal) return true;
    if (seen.has(one)) continue;
    seen.add(one);
    waiting.push(...nextOf(one, all));
  }
  return false;
}

function nextOf(from: ConfiguredOperator, all: readonly ConfiguredOperator[]): ConfiguredOperator[] {
  if (from.targets.length > 0) return all.filter(({ id }) => from.targets.includes(id));
  const below = from.isRouter ? undefined : all[all.indexOf(from) + 1];
  return below === undefined ? [] : [below];
}

interface Stage {
  readonly operator: Operator;
  readonly emit: Emit;
}

/** Runs entries through all operators. What comes out at the end goes to `out`. */
export class OperatorPipeline {
  // In the order of the configuration.
  readonly #stages = new Map<string, Stage>();
  readonly #first: Stage | undefined;
  readonly #out: (entry: Entry) => void;

  constructor(configured: readonly ConfiguredOperator[], tools: OperatorTools, out: (entry: Entry) => void) {
    this.#out = out;
    for (const [i, one] of configured.entries()) {
      const { id, outputs } = one;
      const below = configured[i + 1]?.id;
      const usual = outputs.length > 0 ? outputs : below === undefined ? [] : [below];
      const logger = tools.logger.with({ operator_id: id });
      this.#stages.set(id, {
        operator: one.create({ ...tools, logger }),
        emit: (entry, ids = usual) => this.#handOn(entry, ids),
      });
    }
    this.#first = this.#stages.values().next().value;
  }

  process(entry: Entry): void {
    if (this.#first === undefined) this.#out(entry);
    else this.#first.operator.process(entry, this.#first.emit);
  }

  /** Entries that operators hold back. */
  *held(): Iterable<Entry> {
    for (const { operator } of this.#stages.values()) yield* operator.held?.() ?? [];
  }

  /** Lets operators hand on what they held back for too long, or all of it. */
  flush(isEnd: boolean): void {
    for (const { operator, emit } of this.#stages.values()) operator.flush?.(emit, isEnd);
  }

  #handOn(entry: Entry, ids: readonly string[]): void {
    if (ids.length === 0) return this.#out(entry);
    for (const [i, id] of ids.entries()) {
      const stage = this.#stages.get(id);
      stage?.operator.process(i === ids.length - 1 ? entry : copyEntry(entry), stage.emit);
    }
  }
}
