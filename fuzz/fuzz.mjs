/**
 * `npm run fuzz [-- --seconds N] [--each] [-- NAME …]`: gives every target of this folder mutated inputs
 * for its share of the time, or with `--each` for all of it; as many at once as there are cores. A target (`NAME.fuzz.mjs`) exports `name`, `seeds`, and `run`, which
 * may only throw where there is a fault of ours. An input that fails, or takes too long, is
 * written into fuzz/failures. Ends with `N passed, N failed`.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { ROOT, setUp } from "../scripts/set-up.mjs";
import { MAX_INPUT_BYTES } from "./mutate.mjs";

/** A single input may take so long. */
const MAX_RUN_MS = 10_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    each: { type: "boolean", default: false },
    seed: { type: "string", default: String(Date.now()) },
  },
});
setUp();
const names = readdirSync(join(ROOT, "fuzz"))
  .filter((file) => file.endsWith(".fuzz.mjs"))
  .map((file) => file.replace(".fuzz.mjs", ""))
  .filter((name) => positionals.length === 0 || positionals.includes(name));
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`nothing to fuzz is called ${unknown.join(", ")}`);
const share = (Number(values.seconds) * 1_000) / (values.each ? 1 : names.length);
console.log(`seed ${values.seed}; ${Math.round(share / 1_000)} s for each of ${names.join(", ")}`);

let failed = 0;
const waiting = [...names];
await Promise.all(Array.from({ length: availableParallelism() }, fuzzWaiting));
console.log(`\n${names.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && names.length > 0 ? 0 : 1);

async function fuzzWaiting() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const { runs, failure, input } = await fuzz(name, share);
    if (failure === undefined) {
      console.log(`holds  ${name}: ${runs} inputs`);
      continue;
    }
    failed++;
    const directory = join(ROOT, "fuzz", "failures");
    mkdirSync(directory, { recursive: true });
    const file = join(directory, `${name}-${createHash("sha256").update(input).digest("hex").slice(0, 12)}`);
    writeFileSync(file, input);
    console.log(`FAILS  ${name} after ${runs} inputs: ${failure}\n       input in ${file}`);
  }
}

/** Resolves with how many inputs were run, and what failed, if anything did. */
function fuzz(name, durationMs) {
  // Runs so far, and the length of the input that is being run; then its bytes.
  const shared = new SharedArrayBuffer(8 + MAX_INPUT_BYTES);
  const numbers = new Int32Array(shared, 0, 2);
  const worker = new Worker(new URL("worker.mjs", import.meta.url), {
    workerData: { name, durationMs, shared, seed: values.seed },
  });
  const input = () => Buffer.from(new Uint8Array(shared, 8, numbers[1]));
  return new Promise((resolve) => {
    let [runsBefore, sinceMs] = [-1, Date.now()];
    const finish = (result) => {
      clearInterval(watch);
      void worker.terminate();
      resolve(result);
    };
    const watch = setInterval(() => {
      if (numbers[0] !== runsBefore) [runsBefore, sinceMs] = [numbers[0], Date.now()];
      else if (Date.now() - sinceMs > MAX_RUN_MS)
        finish({ runs: numbers[0], failure: `an input took more than ${MAX_RUN_MS} ms`, input: input() });
    }, 500);
    worker.on("message", ({ failure }) => finish({ runs: numbers[0], failure, input: input() }));
    worker.on("error", (error) => finish({ runs: numbers[0], failure: error.stack, input: input() }));
  });
}
