/**
 * What the tutorial's pipeline for traces (memory_limiter, batch of 1024, resource insert, OTLP export) costs: CPU a span from
 * /proc and peak memory, for Clew, for the same written with protobufjs, and for a Go Collector where there is one
 * (OTELCOL=path, or `node bench/build-otelcol.mjs`). Load and sink are processes of their own, rounds are
 * interleaved, figures are medians. Arguments choose a part:
 *
 *     npm run bench -- collector [10] [100] [1000] [http] [grpc] [1] [16] [plain] [gzip] [clew] [otelcol] [protobufjs] [rounds=3]
 */
import { writeFileSync } from "node:fs";
import { findOtelcol } from "./build-otelcol.mjs";
import { startLoad, startSink, startSubject, SUBJECTS } from "./collector-subjects.mjs";
import { cpuMicros, memoryBytes } from "./process-usage.mjs";

/** A collector runs for weeks: what its compiler does in the first seconds is not what it costs. */
const FIRST_WARM_UP_MS = 5_000;
const WARM_UP_MS = 500;
const ROUND_MS = 1_000;
/** Enough spans in flight to fill a batch while the one before is delivered. */
const SPANS_IN_FLIGHT = 4_096;
/** The most times Clew may cost of what the Go Collector costs: spans a request --> factor. */
const BARS = { 10: 3, 100: 5 };

const args = process.argv.slice(2);
const chosen = (all) => {
  const some = all.filter((one) => args.includes(String(one)));
  return some.length > 0 ? some : all;
};
const otelcol = findOtelcol();
const commands = {
  ...SUBJECTS,
  ...(otelcol === undefined ? {} : { otelcol: (config) => [otelcol, ["--config", config]] }),
};
const rounds = Number(args.find((arg) => arg.startsWith("rounds="))?.slice(7) ?? 3);
const names = chosen(Object.keys(commands));
const spansChosen =
  args.includes("1000") || args.includes("100") || args.includes("10") ? chosen([10, 100, 1_000]) : [10, 100, 1_000];

const load = startLoad();
const sink = await startSink();
const missed = [];
console.log(
  [
    "transport",
    "compression",
    "connections",
    "spans/request",
    ...names.flatMap((name) => [`${name} µs/span`, "peak MB"]),
  ]
    .concat(names.filter((name) => name !== "clew").map((name) => `${name} ÷ clew`))
    .join("  "),
);
try {
  for (const protocol of chosen(["http", "grpc"])) {
    for (const compression of chosen(["plain", "gzip"])) await measureAll(protocol, compression === "gzip");
  }
} finally {
  load.stop();
  sink.stop();
}
if (otelcol === undefined)
  console.log("No Go Collector: set OTELCOL, or run node bench/build-otelcol.mjs where Go is installed.");
else if (names.includes("otelcol") && names.includes("clew")) {
  console.log(
    missed.length === 0
      ? "The bars hold (plain: 5× at 100 spans a request, 3× at 10)."
      : `Below the bar: ${missed.join("; ")}`,
  );
}

async function measureAll(protocol, gzip) {
  const subjects = [];
  try {
    for (const name of names) subjects.push(await startSubject(name, commands[name], { sink, protocol, gzip }));
    const warmUp = commandOf({ protocol, gzip, connections: 16, spans: 100 });
    for (const { address } of subjects) await load.run({ ...warmUp, address, durationMs: FIRST_WARM_UP_MS });
    for (const connections of chosen([1, 16])) {
      for (const spans of spansChosen) await measureCell(subjects, { protocol, gzip, connections, spans });
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}

function commandOf(cell) {
  return { ...cell, inFlight: Math.ceil(SPANS_IN_FLIGHT / cell.spans / cell.connections) };
}

async function measureCell(subjects, { protocol, gzip, connections, spans }) {
  const command = commandOf({ protocol, gzip, connections, spans });
  const micros = new Map(subjects.map(({ name }) => [name, []]));
  for (const { pid } of subjects) writeFileSync(`/proc/${pid}/clear_refs`, "5"); // forgets the peak
  for (const { address } of subjects) await load.run({ ...command, address, durationMs: WARM_UP_MS });
  for (let round = 0; round < rounds; round++) {
    for (const { name, pid, address } of subjects) {
      const before = cpuMicros(pid);
      const totals = await load.run({ ...command, address, durationMs: ROUND_MS });
      if (totals.failures > 0) console.log(`${name}: ${totals.failures} of ${totals.requests} requests were refused`);
      micros.get(name).push((cpuMicros(pid) - before) / totals.spans);
    }
  }
  const medians = new Map(
    [...micros].map(([name, values]) => [name, values.sort((a, b) => a - b)[Math.floor(values.length / 2)]]),
  );
  const ratio = (name) => medians.get(name) / medians.get("clew");
  if (!gzip && ratio("otelcol") < (BARS[spans] ?? 0)) {
    missed.push(`${protocol}, ${connections} connections, ${spans} spans a request: ${ratio("otelcol").toFixed(1)}×`);
  }
  console.log(
    [
      protocol.padStart(9),
      (gzip ? "gzip" : "plain").padStart(11),
      String(connections).padStart(11),
      String(spans).padStart(13),
      ...subjects.flatMap(({ name, pid }) => [
        medians
          .get(name)
          .toFixed(2)
          .padStart(name.length + 8),
        String(Math.round(memoryBytes(pid).peak / 1e6)).padStart(7),
      ]),
      ...subjects
        .filter(({ name }) => name !== "clew")
        .map(({ name }) => `${ratio(name).toFixed(1)}×`.padStart(name.length + 7)),
    ].join("  "),
  );
}
