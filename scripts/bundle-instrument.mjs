/**
 * Puts the entry of `@clew/instrument`, with the SDK and the API behind it, into one file, and each instrumentation into
 * one of its own: an application's start is mostly the number of files that it loads. `npm run build` runs it on what
 * `tsc` built.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { builtinsAsTheyAre, onDemand, onDemandEntries } from "./bundle-on-demand.mjs";
import { ROOT } from "./set-up.mjs";

const PACKAGE = join(ROOT, "packages", "instrument");
const DIRECTORY = join(PACKAGE, "bundle");
const built = (path) => join(PACKAGE, "dist", path);

/** What most applications do without: a third of the code that they would load. */
const ON_DEMAND = [
  "sdk/dist/config/file/components-from-file.js",
  "sdk/dist/exporters/file/otlp-file-exporters.js",
  "sdk/dist/exporters/prometheus/prometheus-exporter.js",
  "sdk/dist/exporters/zipkin/zipkin-exporter.js",
  "sdk/dist/logs/console-log-record-exporter.js",
  "sdk/dist/metrics/console-metric-exporter.js",
  "sdk/dist/otlp/grpc-transport.js",
  "sdk/dist/propagation/aws-xray-lambda-propagator.js",
  "sdk/dist/propagation/aws-xray-propagator.js",
  "sdk/dist/propagation/jaeger-propagator.js",
  "sdk/dist/propagation/ot-trace-propagator.js",
  "sdk/dist/trace/console-span-exporter.js",
  "sdk/dist/trace/sampling/jaeger-remote-sampler.js",
  "sdk/dist/trace/sampling/xray/aws-xray-remote-sampler.js",
  "otlp/dist/json/from-json.js",
  "otlp/dist/json/to-json.js",
].map((path) => join(ROOT, "packages", path));

/**
 * All copies of the API share what is registered, so that the application's sees ours; version 1.9 alone is sixty
 * files. It registers as the version that is installed, since a copy refuses what another version has registered.
 */
const API = fileURLToPath(import.meta.resolve("opentelemetry-api-1-10"));
const API_VERSION = "1.10.0";
const apiOfInstalledVersion = {
  name: "api-of-installed-version",
  resolveId: (source, importer) =>
    importer?.startsWith(join(API, "..")) === true && source.endsWith("/version.mjs")
      ? join(ROOT, "scripts", "installed-api-version.mjs")
      : null,
  // Its own build has put the version into one of its comparisons.
  transform: (code, id) =>
    id.startsWith(join(API, "..")) ? code.replaceAll(`!== ${JSON.stringify(API_VERSION)}`, "!== VERSION") : null,
};

const bundleOf = (input) =>
  rolldown({
    input,
    platform: "node",
    // Nothing happens when a module of ours is loaded, but for the entries.
    treeshake: { moduleSideEffects: false },
    resolve: { alias: { "@opentelemetry/api": API } },
    plugins: [apiOfInstalledVersion, onDemand(ON_DEMAND), builtinsAsTheyAre],
    external: [/^node:/, "@opentelemetry/api-logs", "yaml"],
  });

async function write(input, output) {
  const bundle = await bundleOf(input);
  await bundle.write({ dir: DIRECTORY, format: "esm", comments: false, ...output });
  await bundle.close();
}

/** The modules that a bundle of the entry alone has in its first file. */
async function modulesAtStart(entry) {
  const bundle = await bundleOf({ entry });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  return new Set(output.find((chunk) => chunk.name === "entry").moduleIds);
}

rmSync(DIRECTORY, { recursive: true, force: true });
const instrumentations = readdirSync(built("instrumentations"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `instrumentations/${name}/${name}`);
// They are one file: instrumentations that share some of it load nothing more.
const atStart = await modulesAtStart(built("start.js"));
const start = { name: "start", test: (id) => atStart.has(id) };
await write(
  {
    index: built("index.js"),
    ...Object.fromEntries(instrumentations.map((path) => [path, built(`${path}.js`)])),
    ...onDemandEntries(ON_DEMAND),
  },
  { chunkFileNames: "[name].js", codeSplitting: { groups: [start] } },
);
// Threads load no more than they need.
await write({ "es-module-thread": built("hooks/es-module-thread.js") }, { codeSplitting: false });
await write(
  { "last-delivery-thread": join(ROOT, "packages/sdk/dist/exit/last-delivery-thread.js") },
  { codeSplitting: false },
);
