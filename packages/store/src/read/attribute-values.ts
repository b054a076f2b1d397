/**
 * The way back: stored text and its type signature to OTLP/JSON values. The signature's
 * letters are told in `transcode/attributes.ts`.
 */

/** An AnyValue in OTLP/JSON. */
export type JsonAnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number | string }
  | { readonly arrayValue: { readonly values: readonly JsonAnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly JsonKeyValue[] } }
  | { readonly bytesValue: string }
  | Record<string, never>;

export interface JsonKeyValue {
  readonly key: string;
  readonly value: JsonAnyValue;
}

/** Rebuilds an attribute list from the `[key, text]` pairs of its map column. */
export function attributesOf(pairs: readonly (readonly [string, string])[], signature: string): JsonKeyValue[] {
  const cursor = new SignatureCursor(signature);
  return pairs.map(([key, text]) => ({ key, value: valueOf(text, cursor) }));
}

/** Rebuilds a single value, such as a log record's body. */
export function anyValueOf(text: string, signature: string): JsonAnyValue {
  return valueOf(text, new SignatureCursor(signature));
}

function valueOf(text: string, signature: SignatureCursor): JsonAnyValue {
  const letter = signature.next();
  if (letter === "[" || letter === "{") return new NestedValues(text, signature).value(letter);
  return scalarOf(letter, text);
}

function scalarOf(letter: string, text: string): JsonAnyValue {
  switch (letter) {
    case "b":
      return { boolValue: text === "true" };
    case "i":
      return { intValue: text };
    case "d":
      return { doubleValue: doubleOf(text) };
    case "y":
      return { bytesValue: text };
    case "e":
      return {};
    default:
      return { stringValue: text };
  }
}

/** JSON numbers are finite and know no -0: those stay text, as OTLP/JSON may have it. */
function doubleOf(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) && !Object.is(value, -0) ? value : text;
}

class SignatureCursor {
  readonly #signature: string;
  #position = 0;

  constructor(signature: string) {
    this.#signature = signature;
  }

  /** The next letter; a string's, where the signature is missing (rows that others wrote). */
  next(): string {
    return this.#signature[this.#position++] ?? "s";
  }

  peek(): string {
    return this.#signature[this.#position] ?? "";
  }

  /** The letter that stands for every item, where the array is written `[i*]`. */
  repeated(): string | undefined {
    if (this.#signature[this.#position + 1] !== "*") return undefined;
    const letter = this.peek();
    this.#position += 2;
    return letter;
  }
}

/** Reads the JSON that `writeAnyValue` wrote: no white space, types known beforehand, integers of any size. */
class NestedValues {
  readonly #text: string;
  readonly #signature: SignatureCursor;
  #position = 0;

  constructor(text: string, signature: SignatureCursor) {
    this.#text = text;
    this.#signature = signature;
  }

  value(letter: string): JsonAnyValue {
    if (letter === "[") return { arrayValue: { values: this.#items() } };
    if (letter === "{") return { kvlistValue: { values: this.#entries() } };
    const token = this.#token();
    return scalarOf(letter, token.startsWith('"') ? (JSON.parse(token) as string) : token);
  }

  #items(): JsonAnyValue[] {
    const items: JsonAnyValue[] = [];
    this.#position++;
    const repeated = this.#signature.repeated();
    while (this.#more("]")) items.push(this.value(repeated ?? this.#signature.next()));
    this.#signature.next();
    return items;
  }

  #entries(): JsonKeyValue[] {
    const entries: JsonKeyValue[] = [];
    this.#position++;
    while (this.#more("}")) {
      const key = JSON.parse(this.#token()) as string;
      this.#position++;
      entries.push({ key, value: this.value(this.#signature.next()) });
    }
    this.#signature.next();
    return entries;
  }

  /** Whether another item follows; steps over the comma before it, or over the closing bracket. */
  #more(closing: string): boolean {
    const character = this.#text[this.#position];
    if (character === ",") this.#position++;
    if (character !== closing && character !== undefined) return true;
    this.#position++;
    return false;
  }

  #token(): string {
    const start = this.#position;
    if (this.#text[start] === '"') {
      let end = start + 1;
      while (this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
      this.#position = end + 1;
    } else while (!",]}".includes(this.#text[this.#position] ?? "]")) this.#position++;
    return this.#text.slice(start, this.#position);
  }
}
