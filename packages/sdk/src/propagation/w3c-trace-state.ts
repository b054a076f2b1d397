import type { TraceState } from "@opentelemetry/api";

/** W3C Trace Context level 2, section 3.3: limits and grammar of `tracestate`. */
const MAX_MEMBERS = 32;
const KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** The vendors' list of a trace, newest first. Immutable: `set` and `unset` give a new one. */
export class W3CTraceState implements TraceState {
  static readonly EMPTY: W3CTraceState = new W3CTraceState([]);
  readonly #members: readonly (readonly [string, string])[];
  // Every span of a trace writes the same list.
  #text: string | undefined;

  private constructor(members: readonly (readonly [string, string])[]) {
    this.#members = members;
  }

  /** Reads a header. `undefined` when any part of it is malformed: it is then dropped whole. */
  static parse(header: string): W3CTraceState | undefined {
    const members: [string, string][] = [];
    const keys = new Set<string>();
    for (const part of header.split(",")) {
      const member = trimSpace(part);
      if (member === "") continue;
      const at = member.indexOf("=");
      const key = member.slice(0, Math.max(at, 0));
      const value = member.slice(at + 1);
      if (!KEY.test(key) || !VALUE.test(value) || keys.has(key)) return undefined;
      keys.add(key);
      members.push([key, value]);
    }
    return members.length > MAX_MEMBERS || members.length === 0 ? undefined : new W3CTraceState(members);
  }

  get(key: string): string | undefined {
    return this.#members.find(([name]) => name === key)?.[1];
  }

  set(key: string, value: string): W3CTraceState {
    if (!KEY.test(key) || !VALUE.test(value)) return this;
    const others = this.#members.filter(([name]) => name !== key);
    return new W3CTraceState([[key, value] as const, ...others].slice(0, MAX_MEMBERS));
  }

  unset(key: string): W3CTraceState {
    if (this.get(key) === undefined) return this;
    return new W3CTraceState(this.#members.filter(([name]) => name !== key));
  }

  serialize(): string {
    this.#text ??= this.#members.map(([key, value]) => `${key}=${value}`).join(",");
    return this.#text;
  }
}

/** Optional white space around a member is spaces and tabs only. */
function trimSpace(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
}
