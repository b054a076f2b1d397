/** The label that holds a metric's name. */
export const METRIC_NAME = "__name__";
/** The type of a series' metric, and its unit, where series have them. */
export const TYPE_LABEL = "__type__";
export const UNIT_LABEL = "__unit__";

// A lone surrogate cannot occur in well-formed text, so keys made with it never collide.
const SEPARATOR = "\ud800";

/**
 * An immutable label set, kept as one flat array sorted by name: `[name, value, name, value, …]`.
 * A label with an empty value is the same as no label.
 */
export class Labels {
  static readonly empty: Labels = new Labels([]);

  readonly #flat: readonly string[];
  #key: string | undefined;

  private constructor(flat: readonly string[]) {
    this.#flat = flat;
  }

  /** From `[name, value]` pairs in any order; of pairs with one name the last counts. */
  static from(pairs: Iterable<readonly [string, string]>): Labels {
    const byName = new Map(pairs);
    const names = [...byName.keys()].filter((name) => byName.get(name) !== "").sort(compareText);
    return new Labels(names.flatMap((name) => [name, byName.get(name) ?? ""]));
  }

  /** From an object such as `{ __name__: "up", job: "api" }`. */
  static of(record: Readonly<Record<string, string>>): Labels {
    return Labels.from(Object.entries(record));
  }

  /** A string that is equal for equal label sets and different for different ones. */
  get key(): string {
    this.#key ??= this.#flat.join(SEPARATOR);
    return this.#key;
  }

  get size(): number {
    return this.#flat.length / 2;
  }

  get metricName(): string {
    return this.get(METRIC_NAME);
  }

  /** The label's value, `""` where it is absent. */
  get(name: string): string {
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (this.#flat[i] === name) return this.#flat[i + 1] ?? "";
    }
    return "";
  }

  /** The pairs, sorted by name. */
  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (let i = 0; i < this.#flat.length; i += 2) yield [this.#flat[i] ?? "", this.#flat[i + 1] ?? ""];
  }

  /** Only the labels whose name is wanted. */
  filter(wanted: (name: string) => boolean): Labels {
    const kept: string[] = [];
    for (let i = 0; i < this.#flat.length; i += 2) {
      const name = this.#flat[i] ?? "";
      if (wanted(name)) kept.push(name, this.#flat[i + 1] ?? "");
    }
    return kept.length === this.#flat.length ? this : new Labels(kept);
  }

  keeping(names: ReadonlySet<string>): Labels {
    return this.filter((name) => names.has(name));
  }

  without(names: ReadonlySet<string>): Labels {
    return this.filter((name) => !names.has(name));
  }

  withoutName(): Labels {
    return this.filter((name) => name !== METRIC_NAME);
  }

  /** The same labels with one set to a value; an empty value removes it. */
  with(name: string, value: string): Labels {
    return this.get(name) === value ? this : Labels.from([...this, [name, value]]);
  }

  /** Less than 0 where this comes before the other: name by name, value by value, the shorter first. */
  compare(other: Labels): number {
    const [left, right] = [this.#flat, other.#flat];
    const length = Math.min(left.length, right.length);
    for (let i = 0; i < length; i++) {
      if (left[i] !== right[i]) return compareText(left[i] ?? "", right[i] ?? "");
    }
    return left.length - right.length;
  }

  toObject(): Record<string, string> {
    return Object.fromEntries(this);
  }

  /** As PromQL writes it: `up{job="api"}`, `{job="api"}`, `{}`. */
  toString(): string {
    return `{${[...this].map(([name, value]) => `${labelNameText(name)}=${quoted(value)}`).join(", ")}}`;
  }
}

/** Sorts label sets as Prometheus does. */
export function compareLabels(a: Labels, b: Labels): number {
  return a.compare(b);
}

function isLegacyLabelName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}

/** A label name as it may stand in a query: quoted where it needs to be. */
export function labelNameText(name: string): string {
  return isLegacyLabelName(name) ? name : quoted(name);
}

/** Double-quoted with the escapes of Go's `strconv.Quote`. */
export function quoted(text: string): string {
  let escapedText = "";
  for (const character of text) escapedText += escaped(character);
  return `"${escapedText}"`;
}

/** A byte that is not part of well-formed UTF-8 is kept as a lone surrogate, this and the byte. */
export const ESCAPED_BYTES = 0xdc00;

/** As Go sees it: of all that is blank only the space. */
export const PRINTABLE: RegExp = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code >= ESCAPED_BYTES + 0x80 && code <= ESCAPED_BYTES + 0xff) return `\\x${(code - ESCAPED_BYTES).toString(16)}`;
  const isPrintable = PRINTABLE.test(character);
  const hex = code.toString(16);
  const coded =
    code < 0x80
      ? `\\x${hex.padStart(2, "0")}`
      : code > 0xffff
        ? `\\U${hex.padStart(8, "0")}`
        : `\\u${hex.padStart(4, "0")}`;
  return NAMED_ESCAPES[character] ?? (isPrintable ? character : coded);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
