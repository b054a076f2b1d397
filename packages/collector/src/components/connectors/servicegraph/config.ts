import {
  boolean,
  duration,
  field,
  integer,
  list,
  optional,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";

export interface ServicegraphConfig {
  readonly latency_histogram_buckets: readonly number[] | undefined;
  readonly exponential_histogram_max_size: number;
  readonly dimensions: readonly string[];
  readonly store: { readonly max_items: number; readonly ttl: number };
  readonly cache_loop: number;
  readonly store_expiration_loop: number;
  readonly virtual_node_peer_attributes: readonly string[];
  readonly virtual_node_extra_label: boolean;
  readonly metrics_flush_interval: number;
  readonly database_name_attribute: string;
  readonly database_name_attributes: readonly string[];
  readonly metrics_exporter: string;
}

export const schema: Schema<ServicegraphConfig> = section<ServicegraphConfig>(
  {
    latency_histogram_buckets: field(
      optional(list(duration)),
      undefined,
      "The upper bounds of the buckets; by default 2ms to 15s.",
    ),
    exponential_histogram_max_size: field(
      integer(),
      0,
      "The most buckets of exponential histograms, which are made where this is not 0.",
    ),
    dimensions: field(
      list(string),
      undefined,
      "Attributes of spans and resources that become labels, as `client_…` and `server_…`.",
    ),
    store: field(
      section<ServicegraphConfig["store"]>({
        max_items: field(integer(1), 1_000, "How many spans may wait for their counterpart; further ones are dropped."),
        ttl: field(duration, "2s", "How long each waits."),
      }),
      undefined,
      "Spans whose counterpart has not come yet.",
    ),
    cache_loop: field(duration, "1m", "How often series that got nothing meanwhile are looked for."),
    store_expiration_loop: field(duration, "2s", "How often spans that waited too long are looked for."),
    virtual_node_peer_attributes: field(
      list(string),
      ["peer.service", "db.name", "db.system"],
      "Attributes of a client span that name its counterpart where none came; the first that is there counts.",
    ),
    virtual_node_extra_label: field(boolean, false, "Whether a label tells which end was named so."),
    metrics_flush_interval: field(duration, "60s", "How often metrics are handed on; 0 with each request."),
    database_name_attribute: field(string, "", "Deprecated: `database_name_attributes` with one name."),
    database_name_attributes: field(
      list(string),
      ["db.name"],
      "Attributes of a client span that make it a database's.",
    ),
    metrics_exporter: field(string, "", "Accepted; pipelines say where metrics go."),
  },
  (config, place) => {
    if (config.latency_histogram_buckets !== undefined && config.exponential_histogram_max_size > 0)
      place.problem("use either `latency_histogram_buckets` or `exponential_histogram_max_size`");
  },
);
