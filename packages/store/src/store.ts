/**
 * Where telemetry is kept. A payload is transcoded into blocks, appended to the spool,
 * acknowledged when that is on disk, and moved into the engine within a second.
 */
import { join, resolve } from "node:path";
import { ClewError, messageOf, sleep, systemClock, type Clock } from "@clew/base";
import type { Payload } from "@clew/otlp";
import { backUp, type BackupManifest, type BackupPlace } from "./backup/backup.ts";
import { restore } from "./backup/restore.ts";
import { claimDirectory } from "./claim-directory.ts";
import { directoryFormat } from "./directory-format.ts";
import { DamagedParts } from "./damage/damaged-parts.ts";
import { Drain } from "./drain.ts";
import { EngineClient } from "./engine/engine-client.ts";
import { BACKUPS } from "./engine/engine-configuration.ts";
import type { Engine } from "./engine/engine.ts";
import type { EngineEndpoint } from "./engine/engine-endpoint.ts";
import type { EngineLink } from "./engine/engine-link.ts";
import { GroupCommit } from "./group-commit.ts";
import { openEngine, type OpenEngine } from "./open-engine.ts";
import { MetricChanges } from "./metric-changes.ts";
import { MissingLogCounts } from "./missing-log-counts.ts";
import { makeDirectory } from "./sync-directory.ts";
import { resolutionsOf } from "./rollup/resolutions.ts";
import { Rollups } from "./rollup/rollups.ts";
import { Retention } from "./retention/retention.ts";
import { serverRetention } from "./retention/server-retention.ts";
import type { InsertJournal } from "./spool/insert-journal.ts";
import { SpoolRoom } from "./spool/spool-room.ts";
import { Spool } from "./spool/spool.ts";
import { LogsTranscoder } from "./transcode/logs.ts";
import { MetricsTranscoder } from "./transcode/metrics.ts";
import { migrate } from "./schema/migrate.ts";
import { DEFAULT_MAX_SPOOL_BYTES, type StoreHealth, type StoreSettings } from "./store-settings.ts";
import { warningsOf } from "./store-warnings.ts";
import { SpansTranscoder } from "./transcode/spans.ts";

/** How long a block waits in the open segment before it goes to the engine. */
const DRAIN_INTERVAL_MS = 700;
/** What is not in the engine by then stays in the spool for the next start. */
const CLOSE_DRAIN_MS = 10_000;
/** A sender that was refused because no more may be stored should wait this long. */
const DISK_LIMIT_RETRY_MS = 60_000;

export class Store {
  readonly client: EngineClient;
  readonly #settings: StoreSettings;
  readonly #clock: Clock;
  readonly #engine: Engine;
  readonly #spool: Spool;
  readonly #room: SpoolRoom;
  readonly #commit: GroupCommit;
  readonly #drain: Drain;
  readonly #journal: InsertJournal | undefined;
  readonly #rollups: Rollups;
  readonly #retention: Retention | undefined;
  readonly #damagedParts: DamagedParts | undefined;
  readonly #missingLogCounts: MissingLogCounts | undefined;
  readonly #release: () => void;
  readonly #listeners = new Set<(payload: Payload) => void>();
  readonly #metricChanges = new MetricChanges();
  #stopTimer: () => void = () => {};
  #closing: Promise<void> | undefined;

  private constructor(
    settings: StoreSettings,
    clock: Clock,
    { engine, client, journal }: OpenEngine,
    spool: Spool,
    release: () => void,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#engine = engine;
    this.client = client;
    this.#spool = spool;
    this.#release = release;
    this.#commit = new GroupCommit(spool, () => ({
      traces: new SpansTranscoder(),
      logs: new LogsTranscoder(() => clock.nowMs()),
      metrics: new MetricsTranscoder(settings.otlp),
    }));
    const report = settings.report ?? (() => {});
    this.#journal = journal;
    this.#drain = new Drain({
      spool,
      client,
      clock,
      report,
      beforeInsert: () => this.#rollups.finishRemovals(),
      onInserted: (table, blocks) => this.#metricChanges.inserted(table, blocks),
      onRejected: () => this.#commit.forget(),
      isOwn: engine.kind === "embedded",
      journal,
    });
    this.#room = new SpoolRoom({
      limitBytes: settings.maxSpoolBytes ?? DEFAULT_MAX_SPOOL_BYTES,
      usedBytes: () => spool.byteLength,
      isDraining: () => engine.isReady && this.#drain.failure === undefined,
      clock,
    });
    this.#rollups = this.#newRollups(report);
    if (engine.kind === "server") {
      const { cluster } = engine;
      if (settings.readOnly !== true) this.#missingLogCounts = new MissingLogCounts({ client, cluster, clock, report });
      return;
    }
    this.#retention = this.#newRetention(report);
    this.#damagedParts = new DamagedParts({ client, clock, report, alone: (task) => this.#alone(task) });
  }

  /** Throws `STORE_IN_USE`, `STORE_DIRECTORY_UNUSABLE`, and what `openEngine` throws. */
  static async open(given: StoreSettings): Promise<Store> {
    const settings = { ...given, directory: resolve(given.directory) };
    const clock = settings.clock ?? systemClock;
    const undo: (() => unknown)[] = [];
    try {
      await makeDirectory(settings.directory, 0o700);
      const release = claimDirectory(settings.directory, (pid) => inUse(pid, settings.directory));
      undo.push(release);
      const opened = await openEngine(settings, { clock, report: settings.report ?? (() => {}) });
      undo.push(() => opened.close());
      if (opened.engine.kind === "server" && settings.readOnly !== true)
        for (const statement of serverRetention(
          settings.retention ?? {},
          settings.rollups ?? {},
          opened.engine.cluster,
        ))
          await opened.client.command(statement);
      const spool = await Spool.open(join(settings.directory, "spool"), clock.nowMs());
      const store = new Store(settings, clock, opened, spool, release);
      store.#start();
      return store;
    } catch (error) {
      for (const step of undo.toReversed()) await step();
      throw isOfFileSystem(error) ? unusable(error, settings.directory) : error;
    }
  }

  /** Where other people's requests may go, which can only read unless `mayWrite`. */
  visitorEndpoint(mayWrite: boolean): EngineEndpoint {
    return this.#engine.visitorEndpoint(mayWrite);
  }

  /** How another thread of this program reaches the engine. */
  get engineLink(): EngineLink {
    return this.#engine.link;
  }

  /** The embedded engine's port, at this moment. */
  get enginePort(): number | undefined {
    return this.#engine.port;
  }

  /** What changes of metrics; undefined where others than this program may write too. */
  get metricChanges(): MetricChanges | undefined {
    return this.#engine.kind === "embedded" ? this.#metricChanges : undefined;
  }

  /** Whether the tables are those of a cluster. */
  get isDistributed(): boolean {
    return this.#engine.kind === "server" && this.#engine.cluster !== undefined;
  }

  get health(): StoreHealth {
    const facts = {
      engine: this.#engine.kind,
      engineReady: this.#engine.isReady,
      engineVersion: this.#engine.version,
      engineRestarts: this.#engine.restarts,
      enginePid: this.#engine.pid,
      spoolBytes: this.#spool.byteLength,
      spoolSegments: this.#spool.segments,
      oldestWaitingMs: this.#spool.oldestWaitingMs,
      inserted: this.#drain.inserted,
      rejectedSegments: this.#drain.rejectedSegments,
      damagedParts: this.#damagedParts?.aside ?? 0,
      disk: this.#retention?.disk,
      rollups: this.#rollups.health,
    } as const;
    return {
      ...facts,
      warnings: warningsOf({
        ...facts,
        spoolFailure: this.#spool.failure,
        drainFailure: this.#drain.failure,
        diskFailure: this.#damagedParts?.diskFailure,
      }),
    };
  }

  /**
   * Resolves once the payload will survive a crash; readers see it within two seconds. Waits while the engine is behind.
   * Throws `STORE_SPOOL_FULL`, `STORE_DISK_LIMIT`, `STORE_SPOOL_FAILED` (all worth another try) or `STORE_CLOSED`.
   */
  async write(payload: Payload): Promise<void> {
    if (this.#closing !== undefined)
      throw new ClewError("STORE_CLOSED", "the store is shutting down", { remedy: "send again when it is back" });
    if (this.#retention?.disk.isFull === true) throw new DiskLimitError(this.#retention.disk.maxBytes ?? 0);
    await this.#room.for(payload.byteLength);
    await this.#commit.add(payload);
    if (this.#spool.oldestClosed !== undefined) this.#drainInBackground();
    for (const listener of this.#listeners) this.#tell(listener, payload);
  }

  /** Calls `listener` with every payload that was made durable, until the returned function is called. What it throws is reported. */
  subscribe(listener: (payload: Payload) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once everything that was acknowledged before the call can be read. */
  async flush(): Promise<void> {
    await this.#commit.betweenGroups(() => this.#spool.rotate());
    await this.#drain.run();
  }

  /**
   * Copies everything that was acknowledged before the call to a directory, which must be empty or not there. Throws
   * `BACKUP_TARGET_TAKEN`, `BACKUP_FAILED` and `BACKUP_NOT_OURS`.
   */
  async backUp(target: string): Promise<BackupManifest> {
    const place = this.#backupPlace(this.client);
    await this.flush();
    return backUp(place, target, {
      nowMs: this.#clock.nowMs(),
      unchanged: (task) => this.#rollups.inTurn(() => this.#drain.pausedFor(task)),
    });
  }

  /**
   * Puts a backup in the place of what is stored, all or nothing; what arrives meanwhile waits and is stored then.
   * Throws `BACKUP_UNKNOWN`, `BACKUP_FAILED`, `BACKUP_NOT_OURS`, `STORE_FORMAT_NEWER`, and `RESTORE_NOT_EMPTY` unless
   * what is stored may be replaced.
   */
  async restore(source: string, { replace = false }: { readonly replace?: boolean } = {}): Promise<BackupManifest> {
    const client = new EngineClient({ ...this.#engine.endpoint, database: "default" });
    try {
      const place = this.#backupPlace(client);
      const manifest = await this.#alone(() =>
        restore({ place, migrate: (format) => this.#migrateFrom(format), replace }, source),
      );
      // Series that were written before are known no longer.
      this.#commit.forget();
      return manifest;
    } finally {
      await client.close();
    }
  }

  /** Runs a task that writes to tables itself, when all that was acknowledged before is there. Resolves or rejects as it does. */
  async #alone<T>(task: () => Promise<T>): Promise<T> {
    await this.flush();
    const journal = this.#journal;
    const result = await this.#drain.pausedFor(async () => {
      try {
        return await task();
      } finally {
        this.#metricChanges.replaced();
        this.#rollups.replaced();
        await journal?.forget();
      }
    });
    await journal?.commit();
    return result;
  }

  #migrateFrom(format: number): Promise<void> {
    const { directory, report } = this.#settings;
    const record = directoryFormat(directory);
    const restored = { read: () => Promise.resolve(format), write: (reached: number) => record.write(reached) };
    return migrate({ client: this.client, record: restored, report: report ?? (() => {}) });
  }

  #backupPlace(client: EngineClient): BackupPlace {
    if (this.#engine.kind === "server")
      throw new ClewError("BACKUP_NOT_OURS", "a ClickHouse server has the data", {
        remedy: "use the server's own BACKUP and RESTORE statements",
      });
    return { client, engineBackups: join(this.#settings.directory, "engine", "data", BACKUPS) };
  }

  /** Stops taking payloads, moves what it has into the engine if that is ready, and stops that. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopTimer();
    this.#room.close();
    await this.#rollups.stop();
    await this.#retention?.stop();
    await this.#commit.idle();
    this.#drain.tryOnce();
    if (this.#engine.isReady) {
      const inTime = new AbortController();
      const flushed = this.flush().catch((error: unknown) => this.#reportUndrained(error));
      void flushed.then(() => inTime.abort());
      await sleep(this.#clock, CLOSE_DRAIN_MS, inTime.signal);
    }
    await this.#drain.stop();
    await this.#damagedParts?.stop();
    await this.#missingLogCounts?.stop();
    await this.#spool.close();
    await this.client.close();
    await this.#engine.stop();
    this.#release();
  }

  #newRollups(report: (line: string) => void): Rollups {
    const { retention = {}, rollups = {}, readOnly = false } = this.#settings;
    return new Rollups({
      client: this.client,
      clock: this.#clock,
      report,
      resolutions: readOnly ? [] : resolutionsOf(rollups),
      isOwn: this.#engine.kind === "embedded",
      rawAgeMs: retention.metrics ?? Infinity,
      sync: async () => this.#journal?.commit(),
      whileNothingComes: (task) => this.#drain.pausedFor(task),
      isSettled: () => this.#journal?.isSettled ?? true,
      takenBack: () => this.#journal?.takenBack ?? 0,
    });
  }

  #newRetention(report: (line: string) => void): Retention {
    const { directory, retention = {}, rollups = {}, retentionRules = [], maxDiskBytes } = this.#settings;
    return new Retention({
      client: this.client,
      clock: this.#clock,
      report,
      directory,
      ages: retention,
      rollupAges: rollups,
      dropByAge: (partition, drop) => this.#rollups.dropWhenRolledUp(partition, drop),
      rules: retentionRules,
      maxDiskBytes,
      spoolBytes: () => this.#spool.byteLength,
    });
  }

  #start(): void {
    this.#rollups.start();
    this.#retention?.start();
    this.#damagedParts?.start();
    this.#missingLogCounts?.start();
    this.#stopTimer = this.#clock.every(DRAIN_INTERVAL_MS, () => this.#drainInBackground());
    this.#drainInBackground();
  }

  /** While closed segments wait, the open one goes on growing: an engine that is behind gets few large inserts. */
  #drainInBackground(): void {
    const work = this.#spool.oldestClosed === undefined ? this.flush() : this.#drain.run();
    work.catch((error: unknown) => this.#reportUndrained(error));
  }

  #reportUndrained(error: unknown): void {
    this.#settings.report?.(`The spool could not be drained: ${messageOf(error)}`);
  }

  #tell(listener: (payload: Payload) => void, payload: Payload): void {
    try {
      listener(payload);
    } catch (error) {
      this.#settings.report?.(`A listener failed: ${messageOf(error)}`);
    }
  }
}

/** Refused because `maxDiskBytes` are used up and nothing may be removed: each signal has only its newest day left. */
export class DiskLimitError extends ClewError {
  readonly retryAfterMs: number = DISK_LIMIT_RETRY_MS;

  constructor(limitBytes: number) {
    super("STORE_DISK_LIMIT", `what is stored takes the ${limitBytes} bytes that it may`, {
      remedy: "allow more with --max-disk, or keep less with --retention",
    });
  }
}

function isOfFileSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function unusable(error: NodeJS.ErrnoException, directory: string): ClewError {
  return new ClewError("STORE_DIRECTORY_UNUSABLE", messageOf(error), {
    path: directory,
    remedy: "see that this user may write there and that the disk has room, or choose another directory with --data",
    cause: error,
  });
}

function inUse(pid: string, directory: string): ClewError {
  return new ClewError("STORE_IN_USE", `process ${pid} uses the data directory`, {
    path: directory,
    remedy: "stop that process, or give this one another directory with --data",
  });
}
