/** Settings of queries that look rows up by an index. */

/** The index is read before the rows, at once: granule by granule it takes a fifth longer. */
export const INDEX_FIRST = "use_skip_indexes_on_data_read = 0";

/**
 * Rows that stand in many places, few in each, are read by all threads. By itself the engine takes one for so few rows, and gives each
 * thread eight places at least.
 */
export const PLACES_AT_ONCE: string = [
  "merge_tree_min_rows_for_concurrent_read = 1",
  "merge_tree_min_bytes_for_concurrent_read = 1",
  "merge_tree_min_read_task_size = 2",
].join(", ");

/** Where all rows that a query meets are wanted, to leave out more of them by their order costs a third of it and brings nothing. */
export const ALL_ARE_WANTED = "use_top_k_dynamic_filtering = 0";

/** Columns that are only told of the rows that a page ends with are read when those are known. By itself the engine does so for ten rows. */
export const LATE_COLUMNS = "query_plan_max_limit_for_lazy_materialization = 0";
