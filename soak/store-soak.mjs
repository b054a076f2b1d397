/**
 * `npm run soak-store [-- --kills N --power-cuts N --seed N]`: a `clew up` under load of all three signals, that is
 * killed at random moments, or its engine is, and from which the power is taken: then everything that was not synced
 * is gone. Afterwards everything that was acknowledged must be there once, nothing that was never sent, and what views
 * and rollups made of it must agree. Prints what happened and ends with `N passed, N failed`.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setUp } from "../scripts/set-up.mjs";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    "power-cuts": { type: "string", default: "3" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const KILLS = Number(values.kills);
const POWER_CUTS = Number(values["power-cuts"]);
/** Shorter than a start takes, so that starts are cut short as well. */
const MIN_WAIT_MS = 50;
const MAX_WAIT_MS = 2_000;

setUp();
const { ClewProcess } = await import("./clew-process.mjs");
const { StoreLoad, ITEMS_A_REQUEST, ROLLUP_FLAGS } = await import("./store-load.mjs");
const { cutPower, whyNoPowerCuts } = await import("./power-cut.mjs");
const { randomOf } = await import("./random.mjs");

const random = randomOf(Number(values.seed));
const directory = mkdtempSync(join(tmpdir(), "clew-soak-"));
const data = join(directory, "data");
mkdirSync(data);
const clew = await ClewProcess.create(data, ROLLUP_FLAGS);
const load = new StoreLoad(clew.otlpHttp);
const done = { programs: 0, engines: 0, cuts: 0 };
const checks = [];
console.log(`seed ${values.seed}`);
try {
  await cutPowerAtRandom();
  await killAtRandom();
  check(`after ${done.programs} kills of the program and ${done.engines} of its engine`, await load.faults(clew));
  await clew.stop();
  checks.push(["acknowledged something", load.acknowledgedRequests > KILLS + POWER_CUTS]);
} catch (error) {
  console.error(error);
  checks.push(["ran to its end", false]);
} finally {
  await load.stop();
  await clew.killAll();
  rmSync(directory, { recursive: true, force: true });
}
report();

async function killAtRandom() {
  clew.launch();
  load.start();
  for (let kill = 0; kill < KILLS; kill++) {
    await wait();
    relaunchIfEnded();
    if (random() < 0.5) {
      if (clew.killEngine()) done.engines++;
      else kill--;
    } else {
      await clew.killProgram();
      done.programs++;
      clew.launch();
    }
  }
  await wait();
  relaunchIfEnded();
  await load.stop();
  await clew.drained();
}

/** An engine that is killed while the program starts takes that with it, which says so, a little later. */
function relaunchIfEnded() {
  if (!clew.hasEnded) return;
  if (!clew.lastWords.startsWith("[STORE_ENGINE_FAILED]")) throw new Error(`clew ended by itself\n${clew.log}`);
  clew.launch();
}

async function cutPowerAtRandom() {
  const reason = POWER_CUTS > 0 ? whyNoPowerCuts() : undefined;
  if (reason !== undefined) {
    console.log(`No power is cut: ${reason}.`);
    if (process.env.CLEW_REQUIRE_TOOLS === "1") checks.push(["power was cut", false]);
    return;
  }
  for (; done.cuts < POWER_CUTS; done.cuts++) {
    const { what, faults } = await cutPower({ clew, load, data, random, wait });
    check(`after power cut ${done.cuts + 1} (${what})`, faults);
  }
}

function wait() {
  return new Promise((resolve) => setTimeout(resolve, MIN_WAIT_MS + random() * (MAX_WAIT_MS - MIN_WAIT_MS)));
}

function check(when, faults) {
  checks.push([`${when}, what was acknowledged is there once`, faults.length === 0]);
  for (const fault of faults) console.error(`${when}: ${fault}`);
}

function report() {
  console.log(`
sent          ${load.sent} requests of ${ITEMS_A_REQUEST} spans, log records or points
acknowledged  ${load.acknowledgedRequests}; refused: ${load.refused}
happened      ${done.programs} kills of the program, ${done.engines} of its engine, ${done.cuts} power cuts, ${clew.starts} starts`);
  for (const [name, holds] of checks) console.log(`${holds ? "holds " : "FAILS "} ${name}`);
  const failed = checks.filter(([, holds]) => !holds).length;
  if (failed > 0)
    console.error(
      clew.log
        .split("\n")
        .filter((line) => /^\S+Z\t|Error|STORE_/.test(line))
        .slice(-40)
        .join("\n"),
    );
  console.log(`\n${checks.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
