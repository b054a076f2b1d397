/**
 * A mapping of a configuration file, from which values are taken by name. What does not fit is noted as a
 * problem, and counts as absent; so does `null`. Names that nobody asked for are noted at the end.
 */
import type { ConfigurationProblem } from "./configuration-problem.ts";

export interface Range {
  readonly least?: number;
  readonly most?: number;
}

/** A mapping, as the file has it. */
export type Properties = Readonly<Record<string, unknown>>;

/** What sections of one file share. */
export interface Reading {
  readonly problems: ConfigurationProblem[];
  /** Whether names that are not known make the file invalid: not in files of a later version than ours. */
  readonly isStrict: boolean;
}

export class Section {
  readonly path: string;
  readonly properties: Properties;
  readonly #reading: Reading;
  readonly #known = new Set<string>();

  constructor(properties: Properties, path: string, reading: Reading) {
    this.properties = properties;
    this.path = path;
    this.#reading = reading;
  }

  /** Lets `take` take what it knows, then notes what is left. */
  read<Result>(take: (section: this) => Result): Result {
    const result = take(this);
    const known = [...this.#known].join(", ") || "nothing";
    for (const name of Object.keys(this.properties)) {
      if (this.#known.has(name)) continue;
      this.#note(name, `is not known here: expected ${known}`, this.#reading.isStrict ? "error" : "warning");
    }
    return result;
  }

  text(name: string): string | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === "string") return value;
    // What stands without quotes may look like a number.
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    return this.#mismatch(name, "a text");
  }

  boolean(name: string): boolean | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === "boolean") return value;
    return this.#mismatch(name, "true or false");
  }

  integer(name: string, range: Range = {}): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (Number.isSafeInteger(value) && isWithin(value as number, range)) return value as number;
    return this.#mismatch(name, `a whole number${rangeText(range)}`);
  }

  number(name: string, range: Range = {}): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && isWithin(value, range)) return value;
    return this.#mismatch(name, `a number${rangeText(range)}`);
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#take(name);
    const choice = choices.find((one) => one === value);
    if (value === undefined || choice !== undefined) return choice;
    return this.#mismatch(name, `one of ${choices.join(", ")}`);
  }

  /** A list whose items all satisfy `isItem`, which `what` describes. */
  list<Item>(name: string, what: string, isItem: (item: unknown) => item is Item, least = 1): Item[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length >= least && value.every(isItem)) return value;
    return this.#mismatch(name, `a list of ${what}`);
  }

  texts(name: string, least = 1): string[] | undefined {
    return this.list(name, "texts", (item): item is string => typeof item === "string", least);
  }

  choices<Choice extends string>(name: string, choices: readonly Choice[]): Choice[] | undefined {
    const isChoice = (item: unknown): item is Choice => choices.some((choice) => choice === item);
    return this.list(name, choices.join(", "), isChoice);
  }

  /** Any value. */
  any(name: string): unknown {
    return this.#take(name);
  }

  section(name: string): Section | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    return isMapping(value) ? this.#child(name, value) : this.#mismatch(name, "a mapping");
  }

  /** As `section`, an empty one where there is only the name. */
  sectionOrEmpty(name: string): Section | undefined {
    if (!(name in this.properties)) return undefined;
    return this.section(name) ?? this.#child(name, {});
  }

  /** The mappings of a list that must not be empty. */
  sections(name: string): Section[] | undefined {
    const items = this.list(name, "mappings", isMapping);
    return items?.map((item, at) => new Section(item, `${this.#pathOf(name)}[${at}]`, this.#reading));
  }

  /** Notes that `name` is needed; for what the caller found `undefined`. */
  missing(name: string): undefined {
    const isNoted = this.#reading.problems.some(({ path }) => path === this.#pathOf(name));
    if (!isNoted) this.#note(name, "is required", "error");
    return undefined;
  }

  note(name: string, message: string, severity: "error" | "warning" = "error"): undefined {
    return this.#note(name, message, severity);
  }

  #take(name: string): unknown {
    this.#known.add(name);
    return this.properties[name] ?? undefined;
  }

  #mismatch(name: string, expected: string): undefined {
    return this.#note(name, `expected ${expected}, got ${JSON.stringify(this.properties[name])}`, "error");
  }

  #note(name: string, message: string, severity: "error" | "warning"): undefined {
    this.#reading.problems.push({ path: name === "" ? this.path : this.#pathOf(name), message, severity });
    return undefined;
  }

  #child(name: string, properties: Properties): Section {
    return new Section(properties, this.#pathOf(name), this.#reading);
  }

  #pathOf(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}

export function isMapping(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWithin(value: number, { least = -Infinity, most = Infinity }: Range): boolean {
  return value >= least && value <= most;
}

function rangeText({ least, most }: Range): string {
  if (least === undefined && most === undefined) return "";
  if (most === undefined) return ` of at least ${least}`;
  return ` from ${least} to ${most}`;
}
