/** `clew_store_*`: how the store is, among the collector's own metrics. */
import type { Meter } from "@clew/collector";
import { signalOfTable, type Store, type StoreHealth } from "@clew/store";

/** Registers them. The returned function ends them. */
export function observeStore(store: Pick<Store, "health">, meter: Meter): () => void {
  const ends: (() => void)[] = [];
  const gauge = (name: string, help: string, read: (health: StoreHealth) => number): void =>
    void ends.push(meter.gauge(`clew_store_${name}`, help, {}, () => read(store.health)));
  const counter = (
    name: string,
    help: string,
    read: (health: StoreHealth) => number,
    labels: Readonly<Record<string, string>> = {},
  ): void => void ends.push(meter.observedCounter(`clew_store_${name}`, help, labels, () => read(store.health)));

  gauge("spool_bytes", "Bytes that were acknowledged and wait to be stored.", ({ spoolBytes }) => spoolBytes);
  gauge("spool_segments", "Files that they wait in.", ({ spoolSegments }) => spoolSegments);
  gauge("oldest_waiting_seconds", "How long the oldest of them has waited.", (health) => health.oldestWaitingMs / 1e3);
  counter("rejected_segments", "Spool files that could not be stored whole and were put aside.", (health) => {
    return health.rejectedSegments;
  });
  gauge("damaged_parts", "Parts of tables that could not be read and are kept aside.", (health) => health.damagedParts);
  gauge("engine_ready", "Whether the storage engine answers.", ({ engineReady }) => (engineReady ? 1 : 0));
  counter("engine_restarts", "How often the storage engine was started again.", (health) => health.engineRestarts);
  gauge(
    "warnings",
    "What somebody should do something about; /ready says what it is.",
    (health) => health.warnings.length,
  );
  for (const table of Object.keys(store.health.inserted)) {
    const labels = { signal: signalOfTable(table) ?? "", table };
    counter("inserted_rows", "Rows that were stored.", (health) => health.inserted[table]?.rows ?? 0, labels);
    counter(
      "inserted_bytes",
      "Bytes of blocks that were stored, before compression.",
      (health) => health.inserted[table]?.bytes ?? 0,
      labels,
    );
  }
  for (const resolution of Object.keys(store.health.rollups.madeDays))
    counter(
      "rolled_up_days",
      "Days of tables of metrics that were rolled up.",
      ({ rollups }) => rollups.madeDays[resolution] ?? 0,
      { resolution },
    );
  gauge("rollups_waiting", "Days of tables that are over and not rolled up yet.", ({ rollups }) => rollups.waitingDays);
  if (store.health.disk !== undefined) observeDisk(gauge, counter, store.health.disk.maxBytes);
  return () => ends.forEach((end) => end());
}

type Observe = (
  name: string,
  help: string,
  read: (health: StoreHealth) => number,
  labels?: Readonly<Record<string, string>>,
) => void;

function observeDisk(gauge: Observe, counter: Observe, maxBytes: number | undefined): void {
  gauge(
    "disk_used_bytes",
    "What is stored takes so much of the disk, as of the last minute.",
    ({ disk }) => disk?.usedBytes ?? 0,
  );
  gauge("disk_free_bytes", "Room on the disk, as of the last minute.", ({ disk }) => disk?.freeBytes ?? 0);
  if (maxBytes !== undefined) gauge("disk_limit_bytes", "What it may take: --max-disk.", () => maxBytes);
  const help = "Days of tables that were removed, by their age or for room.";
  counter("dropped_partitions", help, ({ disk }) => disk?.droppedByAge ?? 0, { reason: "age" });
  counter("dropped_partitions", help, ({ disk }) => disk?.droppedForRoom ?? 0, { reason: "room" });
}
