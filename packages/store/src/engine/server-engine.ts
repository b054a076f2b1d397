import { Agent } from "node:https";
import { ClewError, messageOf, type Clock } from "@clew/base";
import type { Cluster } from "../schema/cluster-statements.ts";
import type { ClickHouseServer } from "./clickhouse-url.ts";
import { EngineClient } from "./engine-client.ts";
import type { EngineEndpoint } from "./engine-endpoint.ts";
import type { EngineLink } from "./engine-link.ts";
import type { Engine } from "./engine.ts";
import { versionOf } from "./engine-version.ts";

const CHECK_INTERVAL_MS = 5_000;
/** That of the embedded engine, for which the tables and their settings were chosen. */
const OLDEST_VERSION = "26.7";

const WITHOUT_KEEPER =
  "The cluster has no ClickHouse Keeper: nothing is replicated, and Clew must be started once against each of its nodes.";

export interface ServerEngineSettings {
  readonly server: ClickHouseServer;
  readonly clock: Clock;
  /** Told when the server stops answering, and when it does again. */
  readonly report: (line: string) => void;
}

/** A ClickHouse server or cluster that somebody else runs. */
export class ServerEngine implements Engine {
  readonly kind = "server";
  readonly restarts = 0;
  readonly pid = undefined;
  readonly port = undefined;
  readonly endpoint: EngineEndpoint;
  readonly #settings: ServerEngineSettings;
  readonly #system: EngineClient;
  #cluster: Cluster | undefined;
  #version = "";
  #isReady = false;
  #stopChecking: () => void = () => {};

  constructor(settings: ServerEngineSettings) {
    this.#settings = settings;
    this.endpoint = serverEndpoint(settings.server);
    this.#system = new EngineClient({ ...this.endpoint, database: "system" });
  }

  get cluster(): Cluster | undefined {
    return this.#cluster;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get version(): string {
    return this.#version;
  }

  get link(): EngineLink {
    return { kind: "server", server: this.#settings.server };
  }

  /** What a visitor may do is for the proxy to say: there is one user. */
  visitorEndpoint(): EngineEndpoint {
    return this.endpoint;
  }

  async start(): Promise<void> {
    const { server, clock } = this.#settings;
    const silence = await this.#system.ping();
    if (silence !== undefined) throw startFailure(server, silence);
    try {
      this.#version = await versionOf(this.endpoint);
      if (isOlder(this.#version, OLDEST_VERSION))
        throw startFailure(server, `its version is ${this.#version}, and ${OLDEST_VERSION} is the oldest that will do`);
      this.#cluster = await this.#findCluster();
      await this.#system.command(
        `CREATE DATABASE IF NOT EXISTS ${server.database}${this.#cluster?.hasKeeper === true ? ` ON CLUSTER ${this.#cluster.name}` : ""}`,
      );
    } catch (error) {
      if (error instanceof ClewError) throw error;
      throw startFailure(server, messageOf(error));
    }
    this.#isReady = true;
    this.#stopChecking = clock.every(CHECK_INTERVAL_MS, () => void this.#check());
  }

  async stop(): Promise<void> {
    this.#stopChecking();
    this.#isReady = false;
    await this.#system.close();
  }

  async #findCluster(): Promise<Cluster | undefined> {
    const { cluster: name, database } = this.#settings.server;
    if (name === undefined) return undefined;
    const known = await this.#system.rows<readonly [string]>("SELECT DISTINCT cluster FROM clusters ORDER BY cluster");
    if (!known.some(([one]) => one === name)) {
      const names = known.map(([one]) => one).join(", ") || "none";
      throw startFailure(this.#settings.server, `it knows no cluster ${name} (but ${names})`);
    }
    const [[keepers] = ["0"]] = await this.#system.rows<readonly [string]>(
      "SELECT toString(count()) FROM tables WHERE database = 'system' AND name = 'zookeeper'",
    );
    const hasKeeper = keepers !== "0";
    if (!hasKeeper) this.#settings.report(WITHOUT_KEEPER);
    return { name, database, hasKeeper };
  }

  async #check(): Promise<void> {
    const wasReady = this.#isReady;
    this.#isReady = (await this.#system.ping()) === undefined;
    if (this.#isReady === wasReady) return;
    const what = this.#isReady ? "answers again" : "does not answer; what comes in waits in the spool";
    this.#settings.report(`The ClickHouse server ${this.#settings.server.url} ${what}.`);
  }
}

/** Where and as whom to use a server. */
export function serverEndpoint({
  url,
  user,
  password,
  database,
  cluster,
  tls,
  settings,
}: ClickHouseServer): EngineEndpoint {
  return {
    url,
    user,
    password,
    database,
    ...(url.startsWith("https:") ? { agent: new Agent({ ...tls, keepAlive: true, maxSockets: 64 }) } : {}),
    settings,
    // An insert has come to its shards when it is answered, so what fails is sent again, under the same token.
    ...(cluster === undefined
      ? {}
      : {
          insertSettings: { distributed_foreground_insert: "1" },
          querySettings: { distributed_product_mode: "local" },
        }),
  };
}

/** Compares as far as `oldest` goes. */
export function isOlder(version: string, oldest: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, wanted] of oldest.split(".").map(Number).entries()) {
    const has = parts[i] ?? 0;
    if (has !== wanted) return has < wanted;
  }
  return false;
}

function startFailure({ url, database }: ClickHouseServer, what: string): ClewError {
  return new ClewError("STORE_ENGINE_FAILED", `ClickHouse can't be used: ${what}`, {
    path: `${url}/${database}`,
    remedy: "see that the server runs, and that user, password, database and cluster are right",
  });
}
