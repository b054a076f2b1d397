/** Remote read: whatever is asked is answered, or refused as the reader's fault; a stream's frames are as long as they say. */
import { Labels, labelsTest, METRIC_NAME } from "../packages/query/dist/index.js";
import { snappyCompress, snappyDecompress } from "../packages/collector/dist/compression/snappy.js";
import { Reader, Writer } from "../packages/otlp/dist/index.js";
import { prometheusApi } from "../packages/server/dist/prometheus/prometheus-api.js";

export const name = "remote-read";

const TIME_MS = 1_700_000_000_000;
const CHECKSUM_BYTES = 4;
const timestampsMs = Float64Array.from({ length: 20 }, (_unused, i) => TIME_MS + i * 15_000);
const series = ["a", "b"].map((job) => ({
  labels: Labels.of({ [METRIC_NAME]: "requests_total", job }),
  timestampsMs,
  values: timestampsMs.map((_time, i) => i / 3),
}));
const querier = {
  select: async ({ matchers }) => series.filter(({ labels }) => labelsTest(matchers)(labels)),
  series: async ({ selectors: [matchers] }) =>
    series.map(({ labels }) => labels).filter((labels) => labelsTest(matchers)(labels)),
};
const clock = { nowMs: () => TIME_MS };
const app = prometheusApi({ querier, clock, version: "3.5.0", state: { warnings: () => [] } });

export const seeds = [0, 1].map(request);

export async function run(bytes) {
  await answered(bytes);
  await answered(snappyCompress(Buffer.from(bytes)));
}

async function answered(body) {
  const response = await app.request("/api/v1/read", { method: "POST", body });
  const answer = Buffer.from(await response.arrayBuffer());
  if (response.status === 400) return;
  if (response.status !== 200) throw new Error(`answered ${response.status}: ${answer.toString()}`);
  if (response.headers.get("content-encoding") === "snappy") {
    snappyDecompress(answer, 10_000_000, () => new Error("too large"));
    return;
  }
  const reader = new Reader(answer);
  while (reader.position < answer.length) {
    const length = reader.varint();
    reader.position += CHECKSUM_BYTES + length;
  }
  if (reader.position !== answer.length) throw new Error("the last frame is cut");
}

/** A query with every field, for this type of response. */
function request(type) {
  const writer = new Writer(256);
  const query = writer.begin(1);
  writer.int(1, TIME_MS);
  writer.int(2, TIME_MS + 600_000);
  for (const [operator, label, value] of [
    [0, METRIC_NAME, "requests_total"],
    [2, "job", "a|b"],
    [3, "zone", "x.*"],
  ]) {
    const matcher = writer.begin(3);
    writer.uint(1, operator);
    writer.string(2, label);
    writer.string(3, value);
    writer.end(matcher);
  }
  const hints = writer.begin(4);
  writer.int(1, 15_000);
  writer.string(2, type === 0 ? "series" : "rate");
  writer.int(3, TIME_MS);
  writer.int(4, TIME_MS + 300_000);
  writer.end(hints);
  writer.end(query);
  writer.int(2, type);
  return Buffer.from(writer.take());
}
