/**
 * Statements that were written for one server, as a cluster needs them: the data stands in
 * `NAME_local` on every shard, replicated, and `NAME` is a Distributed table over those, so
 * that inserts and queries are the same everywhere (docs/adr/0013-cluster.md).
 */

export interface Cluster {
  /** As in the server's `remote_servers`. */
  readonly name: string;
  readonly database: string;
  /** Whether it has ClickHouse Keeper: without, tables are not replicated, and made on the node that is asked only. */
  readonly hasKeeper: boolean;
}

/**
 * What decides on which shard a row is kept. It must be the same for a row that is sent again,
 * since each shard recognises its own rows by the insert's token: never `rand()`. What only views
 * write has none.
 */
const SHARDING: Readonly<Record<string, string>> = {
  otel_traces: "cityHash64(TraceId)",
  service_edges: "cityHash64(Client, Server)",
  otel_logs: "if(TraceId = '', cityHash64(ServiceName, Timestamp), cityHash64(TraceId))",
  metric_rollup_days: "cityHash64(Day, RawTable)",
};
/** Of the tables of metrics. */
const BY_SERIES = "Fingerprint";

const CREATE_TABLE =
  /^\s*CREATE TABLE IF NOT EXISTS (\w+)\s*(\([\s\S]*\))\s*ENGINE = (\w*MergeTree)(\((?:[^()]|\([^()]*\))*\))?([\s\S]*)$/;
const CREATE_VIEW = /^\s*CREATE MATERIALIZED VIEW IF NOT EXISTS (\w+) TO (\w+)\s([\s\S]*)$/;
const ALTER = /^\s*ALTER TABLE (\w+)\s([\s\S]*)$/;
const DROP = /^\s*DROP (TABLE|VIEW) IF EXISTS (\w+)\s*$/;
const SOURCE = /\b(FROM|JOIN)\s+(\w+)\b(?!\s*\()/g;

/** How long a shard remembers which inserts it took. A spool may wait for days. */
const DEDUPLICATION = "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800";

/** What to run instead of `statement`; itself where there is no cluster. */
export function statementsFor(statement: string, cluster: Cluster | undefined): string[] {
  if (cluster === undefined) return [statement];
  const table = CREATE_TABLE.exec(statement);
  if (table !== null) return createTable(table, cluster);
  const view = CREATE_VIEW.exec(statement);
  if (view !== null) return [createView(view, cluster)];
  const alter = ALTER.exec(statement);
  if (alter !== null) return alterTable(alter, cluster);
  const drop = DROP.exec(statement);
  if (drop !== null) return dropTable(drop, cluster);
  if (/^\s*INSERT\s/i.test(statement)) return [statement];
  throw new Error(`no form for a cluster is known of: ${statement}`);
}

function createTable(
  [, name = "", body = "", engine, parameters = "", rest = ""]: RegExpExecArray,
  cluster: Cluster,
): string[] {
  const local = `${name}_local`;
  const path = `/clickhouse/tables/{shard}/${cluster.database}/${local}`;
  const inner = parameters.slice(1, -1).trim();
  const engineOfShard = cluster.hasKeeper
    ? `Replicated${engine}('${path}', '{replica}'${inner === "" ? "" : `, ${inner}`})`
    : `${engine}${parameters}`;
  const settings = cluster.hasKeeper ? withDeduplication(rest) : rest;
  return [
    `CREATE TABLE IF NOT EXISTS ${local}${onCluster(cluster)} ${body}\nENGINE = ${engineOfShard}${settings}`,
    `CREATE TABLE IF NOT EXISTS ${distributed(name, cluster)}`,
  ];
}

function distributed(name: string, cluster: Cluster): string {
  const sharding = SHARDING[name] ?? (name.startsWith("metric_") ? BY_SERIES : undefined);
  const target = [cluster.name, cluster.database, `${name}_local`, ...(sharding === undefined ? [] : [sharding])];
  return `${name}${onCluster(cluster)} AS ${name}_local ENGINE = Distributed(${target.join(", ")})`;
}

function createView([, name = "", target = "", select = ""]: RegExpExecArray, cluster: Cluster): string {
  const ofShard = select.replaceAll(SOURCE, (_all, keyword: string, source: string) => `${keyword} ${source}_local`);
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${name}${onCluster(cluster)} TO ${target}_local ${ofShard}`;
}

/** A Distributed table keeps no data (inserts through it are synchronous), so it is simply made again. */
function alterTable([, name = "", change = ""]: RegExpExecArray, cluster: Cluster): string[] {
  const local = `ALTER TABLE ${name}_local${onCluster(cluster)} ${change}`;
  if (!/\bCOLUMN\b/.test(change)) return [local];
  return [local, `CREATE OR REPLACE TABLE ${distributed(name, cluster)}`];
}

function dropTable([, kind = "", name = ""]: RegExpExecArray, cluster: Cluster): string[] {
  if (kind === "VIEW") return [`DROP VIEW IF EXISTS ${name}${onCluster(cluster)} SYNC`];
  return [name, `${name}_local`].map((one) => `DROP TABLE IF EXISTS ${one}${onCluster(cluster)} SYNC`);
}

function withDeduplication(rest: string): string {
  return /\bSETTINGS\b/.test(rest)
    ? `${rest.trimEnd()},\n  ${DEDUPLICATION}`
    : `${rest.trimEnd()}\nSETTINGS ${DEDUPLICATION}`;
}

function onCluster({ name, hasKeeper }: Cluster): string {
  return hasKeeper ? ` ON CLUSTER ${name}` : "";
}
