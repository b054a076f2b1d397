/** The query parameters that Clew's own endpoints share. */
import { ClewError, parseDuration, type Clock } from "@clew/base";
import type { AttributeFilter, TimeWindow } from "@clew/store";
import type { Context } from "hono";

const DEFAULT_RANGE_NANOS = 15n * 60_000_000_000n;
/** What the store can hold as a time; beyond, nanoseconds since the epoch stand below zero. */
const LEAST_UNIX_NANO = -(2n ** 63n);
const GREATEST_UNIX_NANO = 2n ** 63n - 1n;
/** What a `Date` can hold. */
const GREATEST_MS = 8.64e15;
const ATTRIBUTE = /^(.+?)(=~|!~|!=|=)([\s\S]*)$/;

/** A refusal that the client can mend: answered with 400. */
export function badParameter(name: string, what: string, remedy: string): ClewError {
  return new ClewError("QUERY_BAD_PARAMETER", what, { path: name, remedy });
}

/** `start` and `end` in milliseconds since the epoch; the last 15 minutes where they are absent. */
export function windowOf(context: Context, clock: Clock): TimeWindow {
  const endUnixNano = timeOf(context, "end") ?? nanos(clock.nowMs());
  const startUnixNano = timeOf(context, "start") ?? endUnixNano - DEFAULT_RANGE_NANOS;
  return inOrder({ startUnixNano, endUnixNano });
}

/** The same, without an end or a beginning where they are absent. */
export function openWindowOf(context: Context): TimeWindow {
  return inOrder({
    startUnixNano: timeOf(context, "start") ?? LEAST_UNIX_NANO,
    endUnixNano: timeOf(context, "end") ?? GREATEST_UNIX_NANO,
  });
}

function inOrder(window: TimeWindow): TimeWindow {
  if (window.startUnixNano < window.endUnixNano) return window;
  throw badParameter("start", "start is not before end", "give milliseconds since the epoch");
}

/** Milliseconds since the epoch in a parameter, as nanoseconds. */
function timeOf(context: Context, name: string): bigint | undefined {
  const milliseconds = number(context, name);
  if (milliseconds === undefined) return undefined;
  if (Math.abs(milliseconds) > GREATEST_MS)
    throw badParameter(name, `${milliseconds} is no time`, "give milliseconds since the epoch");
  return nanos(milliseconds);
}

export function number(context: Context, name: string): number | undefined {
  const text = context.req.query(name);
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isFinite(value))
    throw badParameter(name, `expected a number, got ${JSON.stringify(text)}`, "write digits");
  return value;
}

/** The least severity number, of those that OTLP has. */
export function severityOf(context: Context): number | undefined {
  return wholeNumber(context, "severity", 24);
}

/** A whole number between 0 and `greatest`, undefined where it is absent. */
export function wholeNumber(context: Context, name: string, greatest: number): number | undefined {
  const value = number(context, name);
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= greatest)) return value;
  throw badParameter(name, `expected a whole number from 0 to ${greatest}, got ${value}`, "see docs/api.md");
}

/** A whole number between 1 and `greatest`. */
export function count(context: Context, name: string, usual: number, greatest: number): number {
  return Math.max(1, Math.min(Math.floor(number(context, name) ?? usual), greatest));
}

/** Attribute conditions, `attr=key=value`, `key!=value`, `key=~regex`, `key!~regex`, or a bare `key`; may be repeated. */
export function attributesOf(context: Context): AttributeFilter[] {
  return (context.req.queries("attr") ?? []).map((text) => {
    const [, key = "", operator = "", value = ""] = ATTRIBUTE.exec(text) ?? [];
    if (operator === "") return { key: text, operator: "exists", value: "" };
    return { key, operator: operator as AttributeFilter["operator"], value };
  });
}

/** A duration such as `250ms`, in nanoseconds. */
export function durationOf(context: Context, name: string): bigint | undefined {
  const text = context.req.query(name);
  if (text === undefined || text === "") return undefined;
  return BigInt(Math.round(parseDuration(text, name) * 1e6));
}

export function textOf(context: Context, name: string): string | undefined {
  return context.req.query(name) || undefined;
}

function nanos(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1_000)) * 1_000n;
}
