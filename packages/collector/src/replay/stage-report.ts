/** What one stage of a pipeline did with what passed it. */
import type { Payload } from "@clew/otlp";
import { flatRecords, type FlatRecord } from "./flat-records.ts";

const MAX_EXAMPLES = 3;

export interface StageReport {
  readonly taken: number;
  readonly given: number;
  /** Lines for people. */
  readonly lines: readonly string[];
}

/** By what records are found again, the surest first; of several that are alike, in their order. */
const KEYS: readonly ((record: FlatRecord) => string)[] = [
  ({ identity, settings }) => JSON.stringify([identity, [...settings]]),
  ({ identity, likeness }) => JSON.stringify([identity, likeness]),
  ({ identity }) => identity,
];

export function compareStage(before: readonly Payload[], after: readonly Payload[]): StageReport {
  const taken = before.flatMap((payload) => flatRecords(payload));
  const given = after.flatMap((payload) => flatRecords(payload));
  let [dropped, added] = [taken, given];
  const pairs: (readonly [FlatRecord, FlatRecord])[] = [];
  for (const key of KEYS) {
    const left = grouped(added, key);
    dropped = dropped.filter((record) => {
      const counterpart = left.get(key(record))?.shift();
      if (counterpart !== undefined) pairs.push([record, counterpart]);
      return counterpart === undefined;
    });
    added = [...left.values()].flat();
  }
  const changes = new Map<string, string[]>();
  for (const [record, counterpart] of pairs) addChanges(record, counterpart, changes);
  return {
    taken: taken.length,
    given: given.length,
    lines: [
      ...[...changes].map(([change, names]) => `${change} on ${counted(names)}`),
      ...(dropped.length === 0 ? [] : [`dropped ${counted(dropped.map(({ name }) => name))}`]),
      ...(added.length === 0 ? [] : [`made ${counted(added.map(({ name }) => name))}`]),
      ...(before.length > 1 && before.length !== after.length && after.length > 0
        ? [`joined or parted ${before.length} requests into ${after.length}`]
        : []),
    ],
  };
}

function grouped(records: readonly FlatRecord[], key: (record: FlatRecord) => string): Map<string, FlatRecord[]> {
  const groups = new Map<string, FlatRecord[]>();
  for (const record of records) {
    const same = groups.get(key(record));
    if (same === undefined) groups.set(key(record), [record]);
    else same.push(record);
  }
  return groups;
}

function addChanges(before: FlatRecord, after: FlatRecord, changes: Map<string, string[]>): void {
  const note = (change: string): void => {
    const names = changes.get(change);
    if (names === undefined) changes.set(change, [before.name]);
    else names.push(before.name);
  };
  for (const [path, value] of after.settings) {
    const old = before.settings.get(path);
    if (old === undefined) note(`set ${path} = ${value}`);
    else if (old !== value) note(`changed ${path} from ${old} to ${value}`);
  }
  for (const [path, value] of before.settings) if (!after.settings.has(path)) note(`removed ${path} = ${value}`);
}

function counted(names: readonly string[]): string {
  const examples = [...new Set(names)].slice(0, MAX_EXAMPLES).join(", ");
  const more = new Set(names).size > MAX_EXAMPLES ? ", …" : "";
  return `${names.length} ${names.length === 1 ? "item" : "items"} (${examples}${more})`;
}
