/** The same samples in Debian's Prometheus, by remote write: bytes on disk and CPU of a sample. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { snappyCompress } from "../packages/collector/dist/compression/snappy.js";
import { findTool } from "../scripts/optional-tools.mjs";
import { cpuMicros } from "./process-usage.mjs";
import { labelBytesOf, sampleBytes, timeSeries } from "./promql-data.mjs";
import { startPrometheus } from "./running-prometheus.mjs";

/** Prometheus refuses what is an hour older than its newest. */
const SLICE_MS = 900_000;
const SERIES_A_REQUEST = 500;
const ROW_BYTES = 24;

export async function measurePrometheus({ client }) {
  if (findTool("prometheus") === undefined) return console.log("Prometheus is not here: apt-get install prometheus");
  const labels = await labelsBySeries(client);
  const prometheus = await startPrometheus();
  try {
    let samples = 0;
    const [[first, last]] = await client.rows(
      "SELECT toUnixTimestamp64Milli(min(Timestamp)), toUnixTimestamp64Milli(max(Timestamp)) FROM metric_samples",
    );
    for (let fromMs = Number(first); fromMs <= Number(last); fromMs += SLICE_MS)
      samples += await copySlice(client, labels, fromMs, prometheus.url);
    const cpu = cpuMicros(prometheus.pid) / samples;
    // All of it in a block, which is what is kept.
    const response = await fetch(`${prometheus.url}/api/v1/admin/tsdb/snapshot`, { method: "POST" });
    const { data } = await response.json();
    const bytes = sizeOf(join(prometheus.data, "snapshots", data.name));
    console.log(
      `Prometheus: ${(bytes / samples).toFixed(2)} bytes a sample of ${samples}, ${cpu.toFixed(2)} CPU µs to take it in`,
    );
  } finally {
    await prometheus.stop();
  }
}

async function labelsBySeries(client) {
  const rows = await client.rows(
    "SELECT Fingerprint, any(PrometheusName), any(CAST(Labels AS Array(Tuple(String, String)))) FROM metric_series GROUP BY Fingerprint",
  );
  return new Map(
    rows.map(([fingerprint, name, pairs]) => [
      BigInt(fingerprint),
      { labelBytes: labelBytesOf({ ...Object.fromEntries(pairs), __name__: name }) },
    ]),
  );
}

async function copySlice(client, labels, fromMs, url) {
  const bytes = await client.bytes(
    `SELECT Fingerprint, toUnixTimestamp64Milli(Timestamp), Value FROM metric_samples
     WHERE Timestamp >= fromUnixTimestamp64Milli(toInt64(${fromMs})) AND Timestamp < fromUnixTimestamp64Milli(toInt64(${fromMs + SLICE_MS}))
     ORDER BY Fingerprint, Timestamp LIMIT 1 BY Fingerprint, Timestamp FORMAT RowBinary`,
  );
  let written = new Map();
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const series = labels.get(bytes.readBigUInt64LE(at));
    if (!written.has(series) && written.size === SERIES_A_REQUEST) {
      await send(url, written);
      written = new Map();
    }
    const samples = written.get(series) ?? [];
    written.set(series, samples);
    samples.push(sampleBytes(bytes.readDoubleLE(at + 16), Number(bytes.readBigInt64LE(at + 8))));
  }
  if (written.size > 0) await send(url, written);
  return bytes.length / ROW_BYTES;
}

async function send(url, written) {
  const headers = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
  const body = snappyCompress(timeSeries(written));
  const response = await fetch(`${url}/api/v1/write`, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`Prometheus answered ${response.status}: ${await response.text()}`);
}

function sizeOf(path) {
  const found = statSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
