/**
 * Brings a fresh clone to where it runs: installs from the lock file where node_modules is
 * not up to date with it, and builds. Both are quick when nothing changed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LOCK = `${ROOT}package-lock.json`;
/** A copy of the lock file that was installed. */
const MARK = `${ROOT}node_modules/.clew-installed`;

/** Installs and builds; ends the process with a message where either fails. `CLEW_BUILT=1` says that both were just done. */
export function setUp() {
  requireNode();
  if (process.env.CLEW_BUILT === "1") return;
  if (!isInstalled()) {
    console.log("Installing dependencies …");
    // `npm ci` refuses a lock file without other platforms' engine packages; `npm install` leaves it unchanged.
    run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"]);
    writeFileSync(MARK, readFileSync(LOCK));
  }
  console.log("Building …");
  run("npm", ["run", "build", "--silent", "--loglevel=error"]);
}

/** Runs a command in the repository's root with its output shown; ends the process where it fails. */
export function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", env });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Clew needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}

/** Whether the last install was of this very lock file. */
function isInstalled() {
  return existsSync(MARK) && readFileSync(MARK, "utf8") === readFileSync(LOCK, "utf8");
}
