/**
 * Puts the entry of `@clew/instrument`, with the SDK and the API behind it, into one file, and each instrumentation into
 * one of its own: an application's start is mostly the number of files that it loads. `npm run build` runs it on what
 * `tsc` built.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { ROOT } from "./set-up.mjs";

const PACKAGE = join(ROOT, "packages", "instrument");
const DIRECTORY = join(PACKAGE, "bundle");
const built = (path) => join(PACKAGE, "dist", path);

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

async function write(input, output) {
  const bundle = await rolldown({
    input,
    platform: "node",
    // Nothing happens when a module of ours is loaded, but for the entries.
    treeshake: { moduleSideEffects: false },
    resolve: { alias: { "@opentelemetry/api": API } },
    plugins: [apiOfInstalledVersion],
    external: [/^node:/, "@opentelemetry/api-logs", "yaml"],
  });
  await bundle.write({ dir: DIRECTORY, format: "esm", comments: false, ...output });
  await bundle.close();
}

// What the entry imports, and what that imports, is one file: instrumentations that share some of it load nothing more.
const atStart = new Set();
function chunkOf(id, graph) {
  if (atStart.size === 0) addImported(built("start.js"), graph);
  return atStart.has(id) ? "start" : null;
}

function addImported(id, graph) {
  if (atStart.has(id)) return;
  atStart.add(id);
  for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) addImported(imported, graph);
}

rmSync(DIRECTORY, { recursive: true, force: true });
const instrumentations = readdirSync(built("instrumentations"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `instrumentations/${name}/${name}`);
await write(
  { index: built("index.js"), ...Object.fromEntries(instrumentations.map((path) => [path, built(`${path}.js`)])) },
  { chunkFileNames: "[name].js", codeSplitting: { groups: [{ name: chunkOf, debugName: "start" }] } },
);
// Threads load no more than they need.
await write({ "es-module-thread": built("hooks/es-module-thread.js") }, { codeSplitting: false });
await write(
  { "last-delivery-thread": join(ROOT, "packages/sdk/dist/exit/last-delivery-thread.js") },
  { codeSplitting: false },
);
