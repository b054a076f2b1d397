/** The record that a statement runs on, with what it stands in. */
import type { Client, MessageView, Value } from "@clew/otlp";

/**
 * One is made for a batch and moved from record to record. Which members are set depends on
 * the kind of context: `record` is the span, metric or log record, `item` the span event or
 * data point, and both may be missing where only the resource or the scope is looked at.
 */
export class Context {
  /** A ResourceSpans, ResourceMetrics or ResourceLogs. */
  resources!: MessageView;
  /** A ScopeSpans, ScopeMetrics or ScopeLogs. */
  scopes!: MessageView;
  record!: MessageView;
  item!: MessageView;
  exemplar!: MessageView;
  /** Where `item` stands among its kind. */
  itemIndex = 0;
  cache: Map<string, Value> = new Map();
  /** Whose telemetry it is. */
  client: Client | undefined;
  /** How often something was changed, for telling whether a statement did anything. */
  changes = 0;
}

/** Reads a value of a record. `constant` is there where it is the same for all. */
export interface Getter<T> {
  (context: Context): T;
  readonly constant?: { readonly value: T };
}

export function constant<T>(value: T): Getter<T> {
  return Object.assign(() => value, { constant: { value } });
}
