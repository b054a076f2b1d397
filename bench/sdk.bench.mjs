/**
 * What spans and log records cost in the application's process, for Clew's SDK and the official one: CPU of all threads
 * for each, from start to the collector's answer. A span has five attributes and an event. Each case runs in a process of
 * its own, rounds are interleaved, figures are medians. Arguments choose a part:
 *
 *     npm run bench -- sdk [span-off] [span-record] [span-http] [span-json] [span-grpc] [log-http] [log-json] [open-http] [open-grpc] [rounds=3]
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startSink } from "./collector-subjects.mjs";

/** Case --> how many times less Clew must cost. */
const BARS = { "span-off": 10, "span-http": 5, "span-grpc": 5, "log-http": 4 };
const CASES = [
  "span-off",
  "span-record",
  "span-http",
  "span-json",
  "span-grpc",
  "log-http",
  "log-json",
  "open-http",
  "open-grpc",
];

const args = process.argv.slice(2);
const chosen = CASES.filter((kase) => args.includes(kase));
const rounds = Number(args.find((arg) => arg.startsWith("rounds="))?.slice(7) ?? 3);
const missed = [];
const sink = await startSink("--count");
const SINK = `http://127.0.0.1:${sink.http}`;
console.log("case         clew ns   official ns   official ÷ clew   clew MB   official MB   dropped (clew, official)");
try {
  for (const kase of chosen.length > 0 ? chosen : CASES) await measure(kase);
} finally {
  sink.stop();
}
console.log(missed.length === 0 ? "The bars hold." : `Below the bar: ${missed.join("; ")}`);

async function measure(kase) {
  const runs = { clew: [], official: [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(runs)) runs[name].push(await runCase(name, kase));
  }
  const median = (name, of) => runs[name].map(of).sort((a, b) => a - b)[Math.floor(rounds / 2)];
  const ns = { clew: median("clew", (run) => run.nsPerItem), official: median("official", (run) => run.nsPerItem) };
  const ratio = ns.official / ns.clew;
  if (ratio < (BARS[kase] ?? 0)) missed.push(`${kase}: ${ratio.toFixed(1)}× of ${BARS[kase]}×`);
  const dropped = (name) => `${(100 * median(name, (run) => run.dropped)).toFixed(1)} %`;
  console.log(
    [
      kase.padEnd(11),
      ns.clew.toFixed(0).padStart(8),
      ns.official.toFixed(0).padStart(13),
      `${ratio.toFixed(1)}×`.padStart(17),
      median("clew", (run) => run.rssMB)
        .toFixed(0)
        .padStart(9),
      median("official", (run) => run.rssMB)
        .toFixed(0)
        .padStart(13),
      kase.startsWith("open") ? `   ${dropped("clew")}, ${dropped("official")}` : "",
    ].join(" "),
  );
}

async function runCase(name, kase) {
  await fetch(`${SINK}/reset`, { method: "POST" });
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("sdk-subject.mjs", import.meta.url)),
      name,
      kase,
      JSON.stringify({ http: sink.http, grpc: sink.grpc }),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let printed = "";
  child.stdout.on("data", (text) => (printed += text));
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`${name} ${kase} ended with ${code}`);
  const run = JSON.parse(printed);
  return run.sent === undefined
    ? run
    : { ...run, dropped: 1 - Number(await (await fetch(`${SINK}/items`)).text()) / run.sent };
}
