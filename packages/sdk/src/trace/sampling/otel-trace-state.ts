/**
 * The entry `ot` of a trace state, in which samplers tell each other what they did:
 * `th`, the threshold, and `rv`, randomness that stands in for the trace id's.
 * Source: specification, "TraceState Handling".
 */
import type { TraceState } from "@opentelemetry/api";
import { W3CTraceState } from "../../propagation/w3c-trace-state.ts";
import { decodeThreshold, encodeThreshold, isRandomness } from "./rejection-threshold.ts";

const KEY = "ot";
const MAX_LENGTH = 256;

export interface OtelTraceState {
  /** 14 hex digits; `undefined` when there is none, or a malformed one. */
  readonly threshold: string | undefined;
  readonly randomness: string | undefined;
}

const NONE: OtelTraceState = { threshold: undefined, randomness: undefined };

export function readOtelTraceState(traceState: TraceState | undefined): OtelTraceState {
  const entry = traceState?.get(KEY);
  if (entry === undefined || entry.length > MAX_LENGTH) return NONE;
  const members = entry.split(";");
  const threshold = valueOf(members, "th:");
  const randomness = valueOf(members, "rv:");
  return {
    threshold: threshold === undefined ? undefined : decodeThreshold(threshold),
    randomness: randomness !== undefined && isRandomness(randomness) ? randomness : undefined,
  };
}

/**
 * `traceState` with this threshold instead of what it had; with none when `threshold` is `undefined`. Everything
 * else is kept, and a threshold that would make the entry longer than 256 characters is not written.
 */
export function withThreshold(
  traceState: TraceState | undefined,
  threshold: string | undefined,
): TraceState | undefined {
  const entry = traceState?.get(KEY);
  if (entry === undefined && threshold === undefined) return traceState;
  const members = entry?.split(";").filter((member) => member !== "" && !member.startsWith("th:")) ?? [];
  const written = threshold === undefined ? members : [`th:${encodeThreshold(threshold)}`, ...members];
  const text = written.join(";");
  if (text.length > MAX_LENGTH) return traceState;
  return text === "" ? traceState?.unset(KEY) : (traceState ?? W3CTraceState.EMPTY).set(KEY, text);
}

function valueOf(members: readonly string[], prefix: string): string | undefined {
  return members.find((member) => member.startsWith(prefix))?.slice(prefix.length);
}
