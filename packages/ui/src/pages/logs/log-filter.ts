/** The logs view's filters: of its address, and of the server's parameters. */
import type { Parameters } from "../../api/client.ts";
import type { LogsSearch } from "../../router.tsx";

/** Everything that narrows the search, without its time. */
export function filterOf(search: LogsSearch): Parameters {
  const { q, service, severity, attr, traceId, spanId } = search;
  return { q, service, severity, attr, traceId, spanId };
}

/** The address's changes that take all filters away. */
export const NO_FILTER = {
  q: undefined,
  service: undefined,
  severity: undefined,
  attr: undefined,
  traceId: undefined,
  spanId: undefined,
} as const;

export function isFiltered(search: LogsSearch): boolean {
  return Object.values(filterOf(search)).some((value) => value !== undefined && value !== "");
}

/** The list with the item, or without it where it had it. */
export function toggled(list: readonly string[] | undefined, item: string): readonly string[] | undefined {
  const before = list ?? [];
  const after = before.includes(item) ? before.filter((one) => one !== item) : [...before, item];
  return after.length === 0 ? undefined : after;
}

/** The time of a record's id, in milliseconds: ids begin with it. */
export function timeOfId(id: string): number | undefined {
  const [, nanos] = /^(\d+)-[\d-]+$/.exec(id) ?? [];
  return nanos === undefined ? undefined : Number(BigInt(nanos) / 1_000_000n);
}
