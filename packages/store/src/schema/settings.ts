/**
 * Settings of every table. A part is on disk before its insert returns, since the spool
 * forgets a block then; and the last inserts are remembered by their token, so that a block
 * that is sent again after a crash is not there twice.
 */
export const TABLE_SETTINGS = `SETTINGS
  index_granularity = 8192,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000`;

/**
 * A bloom filter over an attribute map's keys. One over its values was the dearest part of
 * an insert in trials, so there is none.
 */
export function attributeIndexes(name: string, column: string): string {
  return `INDEX idx_${name}_key mapKeys(${column}) TYPE bloom_filter(0.01) GRANULARITY 1`;
}
