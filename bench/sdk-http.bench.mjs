/**
 * What a request costs in an application that is instrumented without changes to its code: by Clew, by the official
 * packages, and by nothing. CPU of all threads of the application for each request, requests a second and p99 under 32
 * connections, everything sampled and exported. Rounds are interleaved, figures are medians. Arguments choose a part:
 *
 *     npm run bench -- sdk-http [node:http] [express] [fastify] [rounds=3] [seconds=5]
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
const seconds = numberOf("seconds", 5);
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
  const runs = { none: [], clew: [], official: [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(runs)) runs[name].push(await run(framework, name));
  }
  const median = (name, field) => runs[name].map((one) => one[field]).toSorted((a, b) => a - b)[Math.floor(rounds / 2)];
  const cells = (field, digits, width) =>
    Object.keys(runs).map((name) => median(name, field).toFixed(digits).padStart(width));
  const added = ["clew", "official"].map((name) => median(name, "cpuMicros") - median("none", "cpuMicros"));
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

async function run(framework, name) {
  const child = fork(APP, [framework], {
    execArgv: SUBJECTS[name],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.http}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_SERVICE_NAME: "bench",
      OTEL_NODE_RESOURCE_DETECTORS: "none",
    },
  });
  const message = () => new Promise((resolve) => child.once("message", resolve));
  const { port } = await message();
  const usage = async () => {
    const answer = message();
    child.send("usage");
    return await answer;
  };
  const load = (duration) =>
    autocannon({ url: `http://127.0.0.1:${port}/users/7`, connections: CONNECTIONS, duration });
  await load(WARM_UP_SECONDS);
  const before = await usage();
  const result = await load(seconds);
  const after = await usage();
  child.kill("SIGKILL");
  if (result.non2xx > 0) throw new Error(`${framework} with ${name}: ${result.non2xx} answers failed`);
  return {
    cpuMicros: (after.cpuMicros - before.cpuMicros) / result["2xx"],
    requestsPerSecond: result["2xx"] / result.duration,
    p99Ms: result.latency.p99,
    megabytes: after.rssBytes / 1e6,
  };
}
