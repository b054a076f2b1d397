import type { Cluster } from "../schema/cluster-statements.ts";
import type { EngineEndpoint } from "./engine-endpoint.ts";
import type { EngineLink } from "./engine-link.ts";

/** The database behind a store: embedded in a process of ours, or a ClickHouse server. */
export interface Engine {
  readonly kind: "embedded" | "server";
  readonly endpoint: EngineEndpoint;
  /** Known after `start`; undefined where data stands on one server. */
  readonly cluster: Cluster | undefined;
  readonly isReady: boolean;
  /** Empty before the first `start`. */
  readonly version: string;
  readonly restarts: number;
  /** Of the embedded engine while it runs. */
  readonly pid: number | undefined;
  /** Of the embedded engine while it answers. */
  readonly port: number | undefined;
  /** For other threads of this program. */
  readonly link: EngineLink;
  /** For other people's requests, which may only read unless `mayWrite`. */
  visitorEndpoint(mayWrite: boolean): EngineEndpoint;
  /** Resolves once the engine answers. Throws `STORE_ENGINE_FAILED` where it can't. */
  start(): Promise<void>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}
