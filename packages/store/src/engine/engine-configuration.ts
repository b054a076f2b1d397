/** The embedded engine's configuration files: small caches and few threads, since it shares a developer's machine. */
import { createHash } from "node:crypto";

/** Owns everything. */
export const OWNER = "clew";
/** May read what is stored, and nothing else of this machine. */
export const READER = "reader";
export const DATABASE = "clew";

/**
 * This part of the engine's memory keeps indexes of words and ids as they were read: to read those of ten million log records,
 * 40 MB, is half of what a search for a rare word takes (docs/adr/0027-lookups-ask-little.md).
 */
const INDEX_CACHE_PART = 32;

/** What an answer to somebody else's query may have. More is refused with ClickHouse's code 396. */
const READER_MAX_RESULT_ROWS = 1_000_000;
/** More are refused with code 202. */
const READER_QUERIES_AT_ONCE = 8;
const READER_MAX_SECONDS = 60;
const READER_MAX_MEMORY_BYTES = 2_000_000_000;

/** Below the engine's directory: where it may write and read backups. */
export const BACKUPS = "backups";

export interface ConfigurationSettings {
  readonly usersPath: string;
  readonly memoryBytes: number;
  /** Of both users. */
  readonly password: string;
  /** More XML for the configuration, such as a cluster's. */
  readonly extra?: string;
}

/**
 * The engine's own session is the user `default`, without a password. So that nobody else can
 * be it, the HTTP interface has no handler but for requests that name one of our users.
 */
export function configurationXml({ usersPath, memoryBytes, extra = "" }: ConfigurationSettings): string {
  return `<clickhouse>
  <logger><level>none</level></logger>
  <users_config>${escaped(usersPath)}</users_config>
  <http_handlers>
    <rule><url>/ping</url><handler><type>ping</type></handler></rule>
    ${[OWNER, READER].map(handlerXml).join("\n    ")}
  </http_handlers>
  <keep_alive_timeout>60</keep_alive_timeout>
  <memory_worker_period_ms>500</memory_worker_period_ms>
  <max_server_memory_usage>${memoryBytes}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <index_mark_cache_size>33554432</index_mark_cache_size>
  <primary_index_cache_size>67108864</primary_index_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_uncompressed_cache_size>${Math.floor(memoryBytes / INDEX_CACHE_PART)}</index_uncompressed_cache_size>
  <mmap_cache_size>64</mmap_cache_size>
  <compiled_expression_cache_size>16777216</compiled_expression_cache_size>
  <max_thread_pool_size>128</max_thread_pool_size>
  <max_thread_pool_free_size>16</max_thread_pool_free_size>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <backups><allowed_path>${BACKUPS}</allowed_path></backups>
  ${extra}
</clickhouse>
`;
}

export function usersXml({ password }: ConfigurationSettings): string {
  const hash = createHash("sha256").update(password).digest("hex");
  return `<clickhouse>
  <profiles>
    <default/>
    <reader>
      <readonly>2</readonly>
      <max_result_rows>${READER_MAX_RESULT_ROWS}</max_result_rows>
      <max_execution_time>${READER_MAX_SECONDS}</max_execution_time>
      <max_memory_usage>${READER_MAX_MEMORY_BYTES}</max_memory_usage>
      <max_concurrent_queries_for_user>${READER_QUERIES_AT_ONCE}</max_concurrent_queries_for_user>
      <priority>3</priority>
      <constraints>
        <max_result_rows><max>${READER_MAX_RESULT_ROWS}</max></max_result_rows>
        <max_execution_time><min>0.001</min><max>${READER_MAX_SECONDS}</max></max_execution_time>
        <max_memory_usage><min>1</min><max>${READER_MAX_MEMORY_BYTES}</max></max_memory_usage>
        <priority><readonly/></priority>
      </constraints>
    </reader>
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <no_password/>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </default>
    <${OWNER}>
      <password_sha256_hex>${hash}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </${OWNER}>
    <${READER}>
      <password_sha256_hex>${hash}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>reader</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SHOW, SELECT ON ${DATABASE}.*</query>
        <query>GRANT SELECT ON system.*</query>
        <query>GRANT SELECT ON information_schema.*</query>
        <query>GRANT SELECT ON INFORMATION_SCHEMA.*</query>
      </grants>
    </${READER}>
  </users>
</clickhouse>
`;
}

function handlerXml(user: string): string {
  return `<rule><headers><X-ClickHouse-User>${user}</X-ClickHouse-User></headers><handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler></rule>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
