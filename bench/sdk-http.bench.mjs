/**
 * What a request costs in an application that is instrumented without changes to its code: by Clew, by the official
 * packages, and by nothing. CPU of all threads of the application for each request, requests a second and p99 under 32
 * connections, everything sampled and exported. The three are loaded by turns, a second each: on a shared machine the
 * same process costs twice as much for some seconds, and what is added is a difference. Figures are medians of all
 * seconds of all rounds; a round has processes of its own. Arguments choose a part:
 *
 *     npm run bench -- sdk-http [node:http] [express] [fastify] [rounds=3] [turns=8]
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { startSink } from "./collector-subjects.mjs";

/** How many times less Clew must add to a request than the official packages. */
const BAR = 4;
const LEAST_ADDED_US = 1;
const FRAMEWORKS = ["node:http", "express", "fastify"];
const CONNECTIONS = 32;
const WARM_UP_SECONDS = 3;
const TURN_SECONDS = 1;
const APP = fileURLToPath(new URL("sdk-http-app.mjs", import.meta.url));
const fileUrl = (path) => new URL(path, import.meta.url);
const SUBJECTS = {
  none: [],
  clew: ["--import", fileUrl("../packages/instrument/bundle/index.js").href],
  // Its hook for ES modules is needed too, or the applications' imports would not be seen.
  official: [
    "--experimental-loader=@opentelemetry/instrumentation/hook.mjs",
    "--no-warnings",
    "--require",
    fileURLToPath(fileUrl("official-instrumentation.cjs")),
  ],
};

const args = process.argv.slice(2);
const numberOf = (name, otherwise) =>
  Number(args.find((arg) => arg.startsWith(`${name}=`))?.split("=")[1] ?? otherwise);
const rounds = numberOf("rounds", 3);
const turns = numberOf("turns", 8);
const chosen = FRAMEWORKS.filter((framework) => args.includes(framework));
const missed = [];
const sink = await startSink();
console.log(
  "                  CPU a request, us        added, us          requests/s               p99, ms             MB",
);
console.log(
  "            none   clew  official    clew  official  ratio    none   clew official   none  clew official   clew official",
);
try {
  for (const framework of chosen.length > 0 ? chosen : FRAMEWORKS) await measure(framework);
} finally {
  sink.stop();
}
console.log(missed.length === 0 ? "The bars hold." : `Below the bar of ${BAR}×: ${missed.join(", ")}`);

async function measure(framework) {
  const results = Object.fromEntries(Object.keys(SUBJECTS).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) await measureRound(framework, results);
  const median = (name, valueOf) => results[name].map(valueOf).toSorted((a, b) => a - b)[results[name].length >> 1];
  const cells = (field, digits, width) =>
    Object.keys(SUBJECTS).map((name) =>
      median(name, (one) => one[field])
        .toFixed(digits)
        .padStart(width),
    );
  // Each second is compared with the one in which the application without instrumentation had its turn.
  const addedBy = (name) => median(name, (one, index) => one.cpuMicros - results.none[index].cpuMicros);
  const added = [addedBy("clew"), addedBy("official")];
  // What is added may be lost in the noise of the request itself.
  const ratio = added[1] / Math.max(added[0], LEAST_ADDED_US);
  if (ratio < BAR) missed.push(`${framework} ${ratio.toFixed(1)}×`);
  console.log(
    [
      framework.padEnd(9),
      ...cells("cpuMicros", 1, 6),
      ...added.map((micros) => micros.toFixed(1).padStart(8)),
      `${ratio.toFixed(1)}×`.padStart(6),
      ...cells("requestsPerSecond", 0, 7),
      ...cells("p99Ms", 0, 6),
      ...cells("megabytes", 0, 6).slice(1),
    ].join(" "),
  );
}

/** Appends a result for each turn to the list of each subject. */
async function measureRound(framework, results) {
  const subjects = Object.keys(SUBJECTS);
  const apps = {};
  try {
    for (const name of subjects) apps[name] = await startApp(framework, name);
    for (const name of subjects) await loadApp(apps[name], WARM_UP_SECONDS);
    for (let turn = 0; turn < turns; turn++) {
      // Each comes first, second and last as often as the others.
      const first = turn % subjects.length;
      for (const name of [...subjects.slice(first), ...subjects.slice(0, first)]) {
        results[name].push(await loadApp(apps[name], TURN_SECONDS));
      }
    }
  } finally {
    for (const { child } of Object.values(apps)) child.kill("SIGKILL");
  }
}

async function startApp(framework, name) {
  const child = fork(APP, [framework], {
    execArgv: SUBJECTS[name],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.http}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_SERVICE_NAME: "bench",
      OTEL_NODE_RESOURCE_DETECTORS: "none",
      OTEL_LOG_LEVEL: "warn",
    },
  });
  const { port } = await messageOf(child);
  return { child, port, label: `${framework} with ${name}`, cpuMicros: 0 };
}

/** The CPU is counted from the turn before on: what an exporter does after its turn is a part of what it costs. */
async function loadApp(app, duration) {
  const url = `http://127.0.0.1:${app.port}/users/7`;
  const result = await autocannon({ url, connections: CONNECTIONS, duration });
  if (result.non2xx > 0) throw new Error(`${app.label}: ${result.non2xx} answers failed`);
  const { cpuMicros, rssBytes } = await usageOf(app.child);
  const usedMicros = cpuMicros - app.cpuMicros;
  app.cpuMicros = cpuMicros;
  return {
    cpuMicros: usedMicros / result["2xx"],
    requestsPerSecond: result["2xx"] / result.duration,
    p99Ms: result.latency.p99,
    megabytes: rssBytes / 1e6,
  };
}

async function usageOf(child) {
  const answer = messageOf(child);
  child.send("usage");
  return await answer;
}

function messageOf(child) {
  return new Promise((resolve) => child.once("message", resolve));
}
