import { DEFAULT_LOOKBACK_MS, DEFAULT_QUERY_TIMEOUT_MS, MAX_QUERY_SAMPLES, prometheusDurationText } from "@clew/query";
import { seriesStatistics } from "@clew/store";
import type { ApiSettings } from "../http-server.ts";
import { MAX_CONCURRENT, MAX_FRAME_BYTES } from "../remote-read/read-limits.ts";
import type { ProgramState } from "./program-state.ts";

/** Statistics are of this long before now, and of the whole days that it reaches into: what Prometheus has in its head. */
const HEAD_MS = 3 * 3_600_000;

/** What Prometheus's API tells of a program that has a store. */
export function storeState(settings: ApiSettings): ProgramState {
  const { store, clock, status, live, metricsRetentionMs, readOnly = false } = settings;
  const { enabledFeatures = [], switchedOn = {} } = settings;
  const retention = metricsRetentionMs === undefined ? "" : prometheusDurationText(metricsRetentionMs);
  const isReceiving = String(!readOnly);
  return {
    get startedAtMs() {
      return status().startedAtMs;
    },
    get configText() {
      return live?.prometheus?.text ?? "";
    },
    get lastReload() {
      return live?.lastReload;
    },
    flags: {
      "config.auto-reload": String(switchedOn.autoReload ?? false),
      "config.file": live?.prometheus?.file ?? "",
      "enable-feature": enabledFeatures.join(","),
      "query.lookback-delta": prometheusDurationText(DEFAULT_LOOKBACK_MS),
      "query.max-samples": String(MAX_QUERY_SAMPLES),
      "query.timeout": prometheusDurationText(DEFAULT_QUERY_TIMEOUT_MS),
      "storage.remote.read-concurrent-limit": String(MAX_CONCURRENT),
      "storage.remote.read-max-bytes-in-frame": String(MAX_FRAME_BYTES),
      "storage.remote.read-sample-limit": String(MAX_QUERY_SAMPLES),
      "storage.tsdb.retention.time": retention,
      "web.enable-admin-api": "false",
      "web.enable-lifecycle": String(live !== undefined),
      "web.enable-otlp-receiver": isReceiving,
      "web.enable-remote-write-receiver": isReceiving,
    },
    storageRetention: retention,
    corruptions: () => store.health.damagedParts,
    warnings: () => store.health.warnings,
    statistics: (limit, signal) => {
      const endMs = clock.nowMs();
      return seriesStatistics(store.client, { startMs: endMs - HEAD_MS, endMs }, limit, signal);
    },
  };
}
