/** Runs one target until its time is over or an input fails. */
import { parentPort, workerData } from "node:worker_threads";
import { Mutator } from "./mutate.mjs";

const { name, durationMs, shared, seed } = workerData;
const { seeds, run } = await import(`./${name}.fuzz.mjs`);
const numbers = new Int32Array(shared, 0, 2);
const current = new Uint8Array(shared, 8);
const mutator = new Mutator(`${seed} ${name}`, seeds);
const until = Date.now() + durationMs;
/** Between looks at the clock, and chances for what runs asynchronously. */
const BATCH = 50;

const failures = [];
const fail = (error) => failures.push(error instanceof Error ? error.stack : String(error));
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);

while (Date.now() < until && failures.length === 0) {
  for (let i = 0; i < BATCH && failures.length === 0; i++) {
    const input = mutator.next();
    current.set(input);
    numbers[1] = input.length;
    try {
      await run(input);
    } catch (error) {
      fail(error);
    }
    numbers[0]++;
  }
  await new Promise((resolve) => setImmediate(resolve));
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is a window's; this is a worker's port
parentPort.postMessage({ failure: failures[0] });
