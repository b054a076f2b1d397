/**
 * What `npm install @clew/sdk @clew/instrument` brings into an application, of packages as they would be published: how many
 * packages, and the bytes of their files. What they need of others comes from the registry.
 *
 *     npm run bench -- sdk-size
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../scripts/set-up.mjs";

const MOST_PACKAGES = 6;
const MOST_BYTES = 5e6;
/** The two, and what they need of this repository. */
const PACKED = ["base", "otlp", "sdk", "instrument"];

const directory = mkdtempSync(join(tmpdir(), "clew-bench-"));
try {
  measure();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function measure() {
  const tarballs = PACKED.map(pack);
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "application", private: true }));
  npm(directory, "install", "--no-audit", "--no-fund", ...tarballs);
  const packages = Object.entries(installed()).map(([path, { version }]) => {
    const bytes = bytesOf(join(directory, path));
    return { name: path.slice("node_modules/".length), version, bytes };
  });
  for (const { name, version, bytes } of packages) console.log(`${megabytes(bytes)} MB  ${name} ${version}`);
  const total = packages.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(
    `${megabytes(total)} MB in ${packages.length} packages (bars: ${megabytes(MOST_BYTES)} MB, ${MOST_PACKAGES})`,
  );
  console.log(total <= MOST_BYTES && packages.length <= MOST_PACKAGES ? "The bars hold." : "Above the bars.");
}

function pack(name) {
  const [{ filename }] = JSON.parse(
    npm(join(ROOT, "packages", name), "pack", "--json", "--pack-destination", directory),
  );
  return join(directory, filename);
}

/** Path --> what npm wrote down of each package. */
function installed() {
  const { "": _application, ...packages } = JSON.parse(
    readFileSync(join(directory, "package-lock.json"), "utf8"),
  ).packages;
  return packages;
}

function bytesOf(path) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(2).padStart(5);
}

function npm(cwd, ...args) {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
