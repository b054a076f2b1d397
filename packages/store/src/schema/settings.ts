/**
 * Settings of every table. A part is on disk before its insert returns, since the spool
 * forgets a block then; and the last inserts are remembered by their token, so that a block
 * that is sent again after a crash is not there twice.
 */
const DURABLE_SETTINGS = `fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1,
  non_replicated_deduplication_window = 10000`;

export const TABLE_SETTINGS: string = `SETTINGS
  index_granularity = 8192,
  ${DURABLE_SETTINGS}`;

/** For rows that are looked up one by one: little is read around each. */
export const LOOKUP_TABLE_SETTINGS: string = `SETTINGS
  index_granularity = 1024,
  min_compress_block_size = 16384,
  max_compress_block_size = 65536,
  ${DURABLE_SETTINGS}`;

/**
 * For points of metrics. Blocks are large, so that each has many series of one process, whose exports have the same times:
 * those compress to a quarter (docs/adr/0015-schema-measured.md).
 */
export const POINT_TABLE_SETTINGS: string = `SETTINGS
  index_granularity = 8192,
  min_compress_block_size = 524288,
  max_compress_block_size = 1048576,
  ${DURABLE_SETTINGS}`;

/**
 * About so many parts become one. A span costs more to merge than to insert; with half as many it is merged once more in its
 * first five minutes, and with many more a question has many parts to look into.
 */
const PARTS_A_MERGE = 16;

/**
 * For tables of wide rows with attributes. Granules and compressed blocks are small, since a trace's spans stand far
 * apart and each brings a granule of every column with it. What an insert brings is one file, with one sync; merges go column
 * by column, which costs half (docs/adr/0015-schema-measured.md).
 */
function wideTableSettings(granuleRows: number, maps: readonly string[]): string {
  return `SETTINGS
  index_granularity = ${granuleRows},
  min_compress_block_size = 16384,
  max_compress_block_size = 65536,
  ${maps.join(",\n  ")},
  min_bytes_for_wide_part = 67108864,
  vertical_merge_algorithm_min_rows_to_activate = 1,
  merge_selector_base = ${PARTS_A_MERGE},
  ${DURABLE_SETTINGS}`;
}

/**
 * Maps stay in one piece: records have few attributes, and to part them is almost half of a merge
 * (docs/adr/0028-log-attributes.md).
 */
export const LOG_MAPS = "map_serialization_version = 'basic'";
export const LOG_TABLE_SETTINGS: string = wideTableSettings(1_024, [LOG_MAPS]);

/**
 * Merged parts keep each attribute map in one bucket for every two keys, so that a search for one key reads a fraction of it. Granules
 * are smaller still, and small maps (of resources, mostly) in one piece: a trace is read whole, at as many places as it has spans.
 */
export const SPAN_TABLE_SETTINGS: string = wideTableSettings(512, [
  "map_serialization_version = 'with_buckets'",
  "map_buckets_strategy = 'linear'",
  "map_buckets_coefficient = 0.5",
  "map_buckets_min_avg_size = 12",
  "max_buckets_in_map = 32",
]);

/** For ids that are looked up by value; one granule in a thousand is read in vain. */
export const TRACE_ID_INDEX = "INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1";

/**
 * For values of attributes that few granules have. Searches ask for them by `indexHint`, since a bucket of a map is read past its
 * indexes.
 */
export function attributeValueIndexes(...maps: readonly string[]): string[] {
  return maps.map((map) => `INDEX idx_${map} mapValues(${map}) TYPE bloom_filter(0.01) GRANULARITY 1`);
}
