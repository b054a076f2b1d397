/**
 * Counts log records that a server had before its view counted them: those that were stored before an upgrade. (The embedded engine counts
 * them when it migrates, since nothing else is inserted then.)
 */
import { messageOf, sleep, type Clock } from "@clew/base";
import type { EngineClient } from "./engine/engine-client.ts";
import type { Cluster } from "./schema/cluster-statements.ts";
import { LOG_COUNTS_QUERY } from "./schema/logs.ts";

const INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A day is looked at when it has been over for so long. */
const GRACE_MS = 3_600_000;
/** What the view has not counted after so long, it will not. */
const SETTLED_AFTER_MS = 5_000;

export interface MissingLogCountsSettings {
  readonly client: EngineClient;
  readonly cluster: Cluster | undefined;
  readonly clock: Clock;
  readonly report: (line: string) => void;
  readonly settledAfterMs?: number;
}

/** A quarter of an hour, a service, a severity, how many are missing, and when the last record was. */
type MissingRow = readonly [string, string, number, string, string];

export class MissingLogCounts {
  readonly #settings: MissingLogCountsSettings;
  readonly #stopping = new AbortController();
  #stopTimer: () => void = () => {};
  #running: Promise<void> | undefined;

  constructor(settings: MissingLogCountsSettings) {
    this.#settings = settings;
  }

  start(): void {
    this.#stopTimer = this.#settings.clock.every(INTERVAL_MS, () => void this.apply());
    void this.apply();
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    this.#stopping.abort();
    await this.#running;
  }

  /** Counts what is missing of days that are over. Never rejects: what fails is reported and tried again at the next turn. */
  apply(): Promise<void> {
    this.#running ??= this.#apply()
      .catch((error: unknown) => this.#settings.report(`Counting older log records failed: ${messageOf(error)}`))
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #apply(): Promise<void> {
    const { client, clock, report, settledAfterMs = SETTLED_AFTER_MS } = this.#settings;
    for (const [day, records] of await daysWithMissingCounts(client)) {
      if (Date.parse(day) + DAY_MS + GRACE_MS > clock.nowMs()) continue;
      const before = new Set((await missingRows(client, day)).map((row) => JSON.stringify(row)));
      await sleep(clock, settledAfterMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      const rows = (await missingRows(client, day)).filter((row) => before.has(JSON.stringify(row)));
      if (rows.length === 0) continue;
      await this.#insert(rows, `log counts of ${day}, ${records} records`);
      report(`Counted the log records of ${day} that were stored before the upgrade.`);
    }
  }

  /**
   * Several programs find the same rows missing and give the same token, so that each shard takes them once. Which shard a row
   * goes to does not matter to readers, but must be the same for all.
   */
  async #insert(rows: readonly MissingRow[], token: string): Promise<void> {
    const { client, cluster } = this.#settings;
    const target =
      cluster === undefined
        ? "log_counts"
        : `FUNCTION cluster(${cluster.name}, ${cluster.database}, log_counts_local, cityHash64(Time, ServiceName))`;
    const columns = ["Time", "ServiceName", "SeverityNumber", "Logs", "LastSeen"];
    const lines = rows.map((row) => Buffer.from(`${JSON.stringify(row)}\n`));
    await client.insert(`INSERT INTO ${target} (${columns.join(", ")}) FORMAT JSONCompactEachRow`, lines, token);
  }
}

/** The oldest first, with the number of records of each, which the server knows without reading them. */
async function daysWithMissingCounts(client: EngineClient): Promise<readonly (readonly [string, string])[]> {
  return client.rows(
    `SELECT toString(day), toString(records) FROM (SELECT toDate(Timestamp) AS day, count() AS records FROM otel_logs GROUP BY day) AS stored
     LEFT JOIN (SELECT toDate(Time) AS day, sum(Logs) AS counted FROM log_counts GROUP BY day) AS counts USING day
     WHERE records > counted ORDER BY day`,
  );
}

async function missingRows(client: EngineClient, day: string): Promise<readonly MissingRow[]> {
  const query = LOG_COUNTS_QUERY.replace("GROUP BY", "WHERE toDate(Timestamp) = {day:Date} GROUP BY");
  return client.rows<MissingRow>(
    `SELECT toString(Time), ServiceName, SeverityNumber, toString(sum(found)) AS missing, toString(max(last)) FROM (
       SELECT Time, ServiceName, SeverityNumber, toInt64(Logs) AS found, LastSeen AS last FROM (${query})
       UNION ALL
       SELECT Time, ServiceName, SeverityNumber, -toInt64(Logs), LastSeen FROM log_counts WHERE toDate(Time) = {day:Date}
     ) GROUP BY Time, ServiceName, SeverityNumber HAVING sum(found) > 0 ORDER BY Time, ServiceName, SeverityNumber`,
    { day },
  );
}
