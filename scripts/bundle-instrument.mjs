/**
 * Puts the entry of `@clew/instrument`, with the SDK behind it, into one file, and each instrumentation into one of its
 * own: an application's start is mostly the number of files that it loads. `npm run build` runs it on what `tsc` built.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./set-up.mjs";

const PACKAGE = join(ROOT, "packages", "instrument");
const built = (path) => join(PACKAGE, "dist", path);
const instrumentations = readdirSync(built("instrumentations"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `instrumentations/${name}/${name}`);

const bundle = await rolldown({
  input: {
    index: built("index.js"),
    "es-module-thread": built("hooks/es-module-thread.js"),
    // The thread that the SDK starts beside itself when the process ends.
    "last-delivery-thread": join(ROOT, "packages/sdk/dist/exit/last-delivery-thread.js"),
    ...Object.fromEntries(instrumentations.map((path) => [path, built(`${path}.js`)])),
  },
  platform: "node",
  // Nothing happens when a module of ours is loaded, but for the entry.
  treeshake: { moduleSideEffects: false },
  // The application's own copy of the API, so that both are one.
  external: [/^node:/, /^@opentelemetry\//, "yaml"],
});
const directory = join(PACKAGE, "bundle");
rmSync(directory, { recursive: true, force: true });
await bundle.write({ dir: directory, format: "esm", chunkFileNames: "chunks/[name].js", comments: false });
await bundle.close();
