/** Reads YAML into what is expected of it, and keeps every fault with its line, in the words of Go's `yaml`. */
import { ClewError, messageOf } from "@clew/base";
import { parsePrometheusDuration } from "@clew/query";
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLMap } from "yaml";
import { isMergeKey, keysOf, nodeOf, resolved } from "./yaml-node.ts";

/** A mapping; undefined for one that is not there, which has nothing in it. */
export type YamlMap = YAMLMap | undefined;

/** Takes what is wrong in a line. */
type TakeFault = (line: number, problem: string) => void;

export class StrictYaml {
  readonly #lines = new LineCounter();
  readonly #faults: string[] = [];
  readonly #takeFault: TakeFault;
  readonly #document: Document | undefined;
  readonly root: YamlMap;

  /** Throws where the text is no YAML. Only the first document counts. Without `takeFault`, faults are kept for `finish`. */
  constructor(text: string, takeFault?: TakeFault) {
    this.#takeFault = takeFault ?? ((line, problem) => void this.#faults.push(`  line ${line}: ${problem}`));
    const [document] = parseAllDocuments(text, { lineCounter: this.#lines, version: "1.1", merge: true });
    const problem = document?.errors[0];
    if (problem !== undefined) throw new Error(`yaml: ${problem.message.split("\n")[0]}`);
    this.#document = document;
    const root: unknown = document?.contents;
    this.root = isMap(root) ? root : undefined;
    if (this.root === undefined && root !== null && root !== undefined)
      this.fault(root as Node, "cannot unmarshal a value that is no mapping");
  }

  /** Throws an `Error` with all faults. */
  finish(): void {
    if (this.#faults.length > 0) throw new Error(`yaml: unmarshal errors:\n${this.#faults.join("\n")}`);
  }

  fault(node: Node | undefined, problem: string): void {
    this.#takeFault(this.#position(node).line, problem);
  }

  /** Where the value under a key stands: `line:column`; `0:0` for one that is not there. */
  placeOf(map: YamlMap, key: string): string {
    return this.place(this.#node(map, key));
  }

  place(node: Node | undefined): string {
    const { line, col } = this.#position(node);
    return `${line}:${col}`;
  }

  /** The same mapping; keys that are not known are faults. `type` is Go's name for it. */
  checked(map: YamlMap, keys: string, type: string): YamlMap {
    const known = keys.split(" ");
    for (const { key } of map?.items ?? []) {
      const name = isScalar(key) ? String(key.value) : "";
      if (!known.includes(name) && !isMergeKey(key)) this.fault(key as Node, `field ${name} not found in type ${type}`);
    }
    return map;
  }

  has(map: YamlMap, key: string): boolean {
    return !isNothing(this.#node(map, key));
  }

  map(map: YamlMap, key: string): YamlMap {
    const found = this.#node(map, key);
    if (isNothing(found) || isMap(found)) return isMap(found) ? found : undefined;
    this.fault(found, `cannot unmarshal ${textOf(found)} into ${key}`);
    return undefined;
  }

  maps(map: YamlMap, key: string): readonly YAMLMap[] {
    const items = this.#items(map, key);
    for (const item of items)
      if (!isMap(item)) this.fault(item, `cannot unmarshal ${textOf(item)} into a mapping of ${key}`);
    return items.filter((item) => isMap(item));
  }

  texts(map: YamlMap, key: string): readonly string[] {
    return this.#items(map, key).map((item) => (isScalar(item) ? textOf(item) : ""));
  }

  strings(map: YamlMap, key: string): Readonly<Record<string, string>> {
    const found = this.#node(map, key);
    if (isNothing(found)) return {};
    if (!isMap(found)) {
      this.fault(found, `cannot unmarshal ${textOf(found)} into map[string]string`);
      return {};
    }
    const names = this.#document === undefined ? [] : keysOf(this.#document, found);
    return Object.fromEntries(names.map((name) => [name, this.string(found, name)]));
  }

  string(map: YamlMap, key: string): string {
    const found = this.#node(map, key);
    if (isNothing(found)) return "";
    if (isScalar(found)) return textOf(found);
    this.fault(found, `cannot unmarshal !!${isSeq(found) ? "seq" : "map"} into string`);
    return "";
  }

  float(map: YamlMap, key: string): number {
    const found = this.#node(map, key);
    if (isNothing(found)) return 0;
    if (isScalar(found) && typeof found.value === "number") return found.value;
    this.fault(found, `cannot unmarshal !!str \`${textOf(found)}\` into float64`);
    return 0;
  }

  /** A whole number; 0 where it is absent. */
  integer(map: YamlMap, key: string): number {
    const text = this.string(map, key);
    if (/^-?\d*$/.test(text)) return Number(text);
    this.fault(this.#node(map, key), `cannot unmarshal ${text} into int`);
    return 0;
  }

  boolean(map: YamlMap, key: string, absent: boolean): boolean {
    const found = this.#node(map, key);
    if (isNothing(found)) return absent;
    if (isScalar(found) && typeof found.value === "boolean") return found.value;
    this.fault(found, `cannot unmarshal !!str \`${textOf(found)}\` into bool`);
    return absent;
  }

  /** Milliseconds. Throws for what is no duration of Prometheus's. */
  duration(map: YamlMap, key: string): number | undefined {
    const text = this.string(map, key);
    if (text === "") return undefined;
    try {
      return parsePrometheusDuration(text);
    } catch (error) {
      throw new Error(error instanceof ClewError ? error.what : messageOf(error), { cause: error });
    }
  }

  #position(node: Node | undefined): { readonly line: number; readonly col: number } {
    return node?.range == null ? { line: 0, col: 0 } : this.#lines.linePos(node.range[0]);
  }

  #node(map: YamlMap, key: string): Node | undefined {
    return map === undefined || this.#document === undefined ? undefined : nodeOf(this.#document, map, key);
  }

  #items(map: YamlMap, key: string): readonly Node[] {
    const found = this.#node(map, key);
    if (isNothing(found)) return [];
    const document = this.#document;
    if (isSeq(found) && document !== undefined)
      return (found.items as Node[]).map((item) => resolved(document, item) ?? item);
    this.fault(found, `cannot unmarshal ${textOf(found)} into a list of ${key}`);
    return [];
  }
}

function isNothing(node: Node | undefined): node is undefined {
  return node === undefined || (isScalar(node) && node.value === null);
}

/** A scalar as it is written: `1.0` stays that. */
function textOf(node: Node): string {
  if (!isScalar(node)) return "";
  return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
}
