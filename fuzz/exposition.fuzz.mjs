/** Scraped pages in Prometheus's three formats: they are read, or refused with the line. */
import { parseProtobuf } from "../packages/collector/dist/components/receivers/prometheus/exposition/protobuf.js";
import { parseSeries } from "../packages/collector/dist/components/receivers/prometheus/exposition/series.js";
import {
  parseOpenMetrics,
  parseText,
} from "../packages/collector/dist/components/receivers/prometheus/exposition/text.js";
import { Writer } from "../packages/otlp/dist/index.js";

export const name = "exposition";

const TEXT = `# HELP http_requests_total Requests.\\n
# TYPE http_requests_total counter
http_requests_total{method="post",code="2\\"00"} 1027 1395066363000
{"my.metric", "a.b"="ä"} -Inf
# TYPE took histogram
took_bucket{le="0.1"} 1e3
took_bucket{le="+Inf"} 0x1p-3
took_sum NaN
`;
const OPEN_METRICS = `# TYPE foo_seconds histogram
# UNIT foo_seconds seconds
# HELP foo_seconds help \\\\ \\"
foo_seconds_bucket{le="0.0"} 0 # {trace_id="a b",x="é"} 0.67 1520879607.789
foo_seconds_count 17 1520879607.789
foo_seconds_created 1520872607.123
# TYPE s stateset
s{s="a"} 1
# EOF
`;

export const seeds = [Buffer.from(TEXT), Buffer.from(OPEN_METRICS), family()];

const sink = {
  type() {},
  help() {},
  unit() {},
  sample: (series) => void parseSeries(series),
  histogram: (series) => void parseSeries(series),
};

export function run(bytes) {
  const page = Buffer.from(bytes).toString("utf8");
  refusedOrRead(() => parseText(page, sink));
  refusedOrRead(() => parseOpenMetrics(page, sink));
  for (const native of [true, false])
    refusedOrRead(() => parseProtobuf(Buffer.from(bytes), sink, { native, classicToo: native }));
}

function refusedOrRead(read) {
  try {
    read();
  } catch (error) {
    if (error.code !== "SCRAPE_MALFORMED") throw error;
  }
}

/** A histogram, both classic and native, behind its length. */
function family() {
  const writer = new Writer(512);
  writer.string(1, "took_seconds");
  writer.string(2, "Help.");
  writer.uint(3, 4);
  const metric = writer.begin(4);
  const label = writer.begin(1);
  writer.string(1, "a");
  writer.string(2, "b");
  writer.end(label);
  const histogram = writer.begin(7);
  writer.uint(1, 3);
  writer.double(2, 4.5);
  const bucket = writer.begin(3);
  writer.uint(1, 2);
  writer.double(2, 1);
  writer.end(bucket);
  writer.sint32(5, 1);
  writer.double(6, 0.001);
  const span = writer.begin(12);
  writer.sint32(1, -1);
  writer.uint(2, 2);
  writer.end(span);
  const deltas = writer.begin(13);
  for (const delta of [4n, 1n]) writer.varint64(delta);
  writer.end(deltas);
  writer.end(histogram);
  writer.end(metric);
  const bytes = writer.take();
  return Buffer.concat([Buffer.from([(bytes.length & 0x7f) | 0x80, bytes.length >> 7]), bytes]);
}
