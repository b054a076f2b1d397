/**
 * Remote write: whatever comes is stored or refused as the sender's fault, and what is told to be written is what the
 * store's tables then have.
 */
import { systemClock } from "../packages/base/dist/index.js";
import { snappyCompress } from "../packages/collector/dist/compression/snappy.js";
import { payloadBytes, payloadOf } from "../packages/otlp/dist/index.js";
import { receivers } from "../packages/server/dist/receiver/receivers.js";
import { MetricsTranscoder } from "../packages/store/dist/transcode/metrics.js";
import { SEEDS } from "./remote-write-seeds.mjs";

export const name = "remote-write";
export const seeds = Object.values(SEEDS).flat();

const TYPES = { "1.0": "application/x-protobuf", "2.0": "application/x-protobuf;proto=io.prometheus.write.v2.Request" };
const HISTOGRAMS = ["metric_histograms", "metric_exponential_histograms"];

const transcoder = new MetricsTranscoder();
const app = receivers({ clock: systemClock, write: take });

export async function run(bytes) {
  await written("1.0", bytes);
  for (const version of Object.keys(TYPES)) await written(version, snappyCompress(Buffer.from(bytes)));
}

/** What is written is not read again on its way to the store, so it is here. */
async function take(payload) {
  const { counts } = payloadOf("metrics", payloadBytes(payload));
  if (JSON.stringify(counts) !== JSON.stringify(payload.counts))
    throw new Error(`written ${JSON.stringify(counts)}, counted ${JSON.stringify(payload.counts)}`);
  transcoder.add(payload);
}

async function written(version, body) {
  const headers = { "content-type": TYPES[version], "content-encoding": "snappy" };
  const response = await app.request("/api/v1/write", { method: "POST", headers, body });
  const text = await response.text();
  if (![204, 400, 413].includes(response.status)) throw new Error(`answered ${response.status}: ${text}`);
  const rows = (table) => transcoder.blocks.find((block) => block.table === table).rows;
  const stored = [
    rows("metric_samples"),
    HISTOGRAMS.reduce((sum, table) => sum + rows(table), 0),
    rows("metric_exemplars"),
  ];
  for (const block of transcoder.blocks) block.reset();
  const told = ["samples", "histograms", "exemplars"].map((kind) =>
    Number(response.headers.get(`x-prometheus-remote-write-${kind}-written`)),
  );
  if (version === "2.0" && String(stored) !== String(told))
    throw new Error(`told ${told.join(" ")}, stored ${stored.join(" ")}`);
  if (version === "1.0" && response.status !== 204 && stored.some((count) => count > 0))
    throw new Error(`refused, yet stored ${stored.join(" ")}`);
}
