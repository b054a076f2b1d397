/**
 * `npm run soak-sdk [-- --seconds 600] [-- --rate 20000]`: an application makes spans while the collector that takes them fails, hangs and
 * breaks off in turn. Every span that ended was accepted, or is among the losses that the SDK counts; its memory stays where it
 * was; its event loop does not notice.
 */
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { memoryBytes } from "../bench/process-usage.mjs";
import { payloadOf } from "../packages/otlp/dist/index.js";

const option = (name, byDefault) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? byDefault : Number(process.argv[at + 1]);
};
const seconds = option("seconds", 600);
const rate = option("rate", 20_000);
/** Each lasts so long; the good one as often as the bad ones, so that queues empty. */
const MOOD_MS = 2_500;
const MOODS = [
  "accept",
  "fail",
  "accept",
  "hang",
  "accept",
  "refuse",
  "accept",
  "break off",
  "accept",
  "answer slowly",
];
const SAMPLE_MS = 500;
/** How much more memory the last third may need than the one before, since a heap breathes. */
const MAX_GROWTH = 1.2;
/** Only a loop that is held up counts: what else runs on the machine delays timers, too. */
const MAX_P99_MS = 250;

let mood = MOODS[0];
let accepted = 0;
const server = createServer((request, response) => {
  const chunks = [];
  const heard = mood;
  if (heard === "break off") request.socket.destroy();
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("error", () => {});
  request.on("end", () => answer(heard, Buffer.concat(chunks), response));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

function answer(heard, body, response) {
  if (heard === "fail") response.writeHead(503, { "retry-after": "1" }).end();
  else if (heard === "refuse") response.writeHead(400).end();
  else if (heard === "answer slowly") setTimeout(() => take(body, response), 200);
  else if (heard === "accept") take(body, response);
}

function take(body, response) {
  if (response.destroyed) return;
  accepted += payloadOf("traces", body).counts.items;
  response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
}

const application = fork(
  fileURLToPath(new URL("sdk-application.mjs", import.meta.url)),
  [`http://127.0.0.1:${server.address().port}`, String(rate)],
  { env: process.env },
);
const told = new Promise((resolve, reject) => {
  application.once("message", resolve);
  application.once("exit", (code) => reject(new Error(`the application ended with ${code}`)));
});
// What the machine does to a process that has next to nothing to do.
const own = monitorEventLoopDelay({ resolution: 10 });
own.enable();
let turns = 0;
const turning = setInterval(() => (mood = MOODS[++turns % MOODS.length]), MOOD_MS);
const samples = [];
const sampling = setInterval(() => samples.push(memoryBytes(application.pid).rss), SAMPLE_MS);
await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
clearInterval(sampling);
clearInterval(turning);
mood = "accept";
application.send("stop");
const counts = await told;
server.closeAllConnections();
server.close();

own.disable();
const ownDelayMs = { p50: own.percentile(50) / 1e6, p99: own.percentile(99) / 1e6, max: own.max / 1e6 };
const third = Math.floor(samples.length / 3);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const [before, last] = [median(samples.slice(third, 2 * third)), median(samples.slice(2 * third))];
const faults = [];
const { ended, dropped, failed, exported, loopDelayMs } = counts;
const missing = ended - exported - dropped - failed;
if (missing !== 0) faults.push(`${missing} spans are unaccounted for`);
// An answer that comes after the deadline was not heard: such spans count as given up, and are there.
if (exported > accepted) faults.push(`${exported} spans count as exported, ${accepted} were accepted`);
if (last > before * MAX_GROWTH) faults.push(`memory grew from ${inMB(before)} to ${inMB(last)} MB`);
if (loopDelayMs.p99 > Math.max(MAX_P99_MS, 4 * ownDelayMs.p99))
  faults.push(`the event loop was late by ${loopDelayMs.p99.toFixed(1)} ms at p99`);
if (turns >= MOODS.length && (failed === 0 || dropped === 0)) faults.push("nothing went wrong: the soak tests nothing");
console.log(
  `${seconds} s, ${turns} changes of mood: ${ended} spans ended, ${accepted} accepted, ${failed} given up, ` +
    `${dropped} dropped from a full queue, ${missing} missing; ${accepted - exported} were accepted too late to be heard of`,
);
console.log(
  `memory ${inMB(before)}, then ${inMB(last)} MB (median of the thirds), at most ${inMB(Math.max(...samples))}`,
);
console.log(
  `the event loop late by ${delayText(loopDelayMs)}, of timers of 10 ms; that of this idle process by ${delayText(ownDelayMs)}`,
);
for (const { error, value } of counts.failures) console.log(`  ${value} spans failed by ${error}`);
for (const fault of faults) console.error(`fault: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

function delayText({ p50, p99, max }) {
  return `${p50.toFixed(1)} ms (p50), ${p99.toFixed(1)} (p99), ${max.toFixed(0)} (max)`;
}

function inMB(bytes) {
  return Math.round(bytes / 1e6);
}
