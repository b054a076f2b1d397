/** A log record on its way through operators. */
import type { ExprValue } from "../../../expr/value.ts";

export interface MutableMap {
  [key: string]: ExprValue;
}

/** Where an entry comes from: its file, and where in it its first byte stands. */
export interface Origin {
  readonly file: object;
  readonly offset: number;
}

export interface Entry {
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  body: ExprValue;
  attributes: MutableMap;
  resource: MutableMap;
  severityNumber: number;
  severityText: string;
  traceId: Uint8Array | undefined;
  spanId: Uint8Array | undefined;
  flags: number;
  scopeName: string;
  readonly origin: Origin;
}

export function newEntry(body: ExprValue, observedTimeUnixNano: bigint, origin: Origin): Entry {
  return {
    timeUnixNano: 0n,
    observedTimeUnixNano,
    body,
    attributes: {},
    resource: {},
    severityNumber: 0,
    severityText: "",
    traceId: undefined,
    spanId: undefined,
    flags: 0,
    scopeName: "",
    origin,
  };
}

/** A copy that can be changed on its own. */
export function copyEntry(entry: Entry): Entry {
  const { body, attributes, resource } = structuredClone({
    body: entry.body,
    attributes: entry.attributes,
    resource: entry.resource,
  });
  return { ...entry, body, attributes, resource };
}
