import { spawnSync } from "node:child_process";
import { messageOf } from "@clew/base";
import { isInstalled } from "../hooks/installed-packages.ts";
import { officialPackagesFor } from "../official-packages.ts";
import { applicationPackages, type PackageManager } from "./application-packages.ts";

const WRONG_USAGE = 2;
const USAGE = `Usage: opentelemetry-bootstrap [--action=requirements|install]

Looks at the application in this directory, and lists the packages that are needed to instrument what
@clew/instrument does not instrument by itself. With --action=install it installs those that are missing.
`;

const ADD: Readonly<Record<PackageManager, readonly string[]>> = {
  npm: ["npm", "install"],
  pnpm: ["pnpm", "add"],
  yarn: ["yarn", "add"],
};

/** Runs the command in the current directory; the result is its exit code. */
export function bootstrap(words: readonly string[]): number {
  const action = actionOf(words);
  if (action === undefined) {
    const isHelp = words.includes("--help") || words.includes("-h");
    (isHelp ? process.stdout : process.stderr).write(USAGE);
    return isHelp ? 0 : WRONG_USAGE;
  }
  const directory = process.cwd();
  try {
    const { manager, names } = applicationPackages(directory);
    const needed = officialPackagesFor(names);
    if (action === "install")
      return install(
        manager,
        needed.filter((name) => !isInstalled(name, directory)),
      );
    for (const name of needed) process.stdout.write(`${name}\n`);
    return 0;
  } catch (thrown) {
    process.stderr.write(`opentelemetry-bootstrap: ${messageOf(thrown)}\n`);
    return 1;
  }
}

/** `-a install`, `--action install`, `--action=install`; the requirements when nothing is said. */
function actionOf(words: readonly string[]): "requirements" | "install" | undefined {
  const [first, second] = words;
  if (first === undefined) return "requirements";
  const isFlagAlone = first === "-a" || first === "--action";
  const action = isFlagAlone ? second : /^--action=(.*)$/.exec(first)?.[1];
  const isKnown = action === "requirements" || action === "install";
  return isKnown && words.length === (isFlagAlone ? 2 : 1) ? action : undefined;
}

function install(manager: PackageManager, missing: readonly string[]): number {
  if (missing.length === 0) {
    process.stdout.write("Nothing is missing.\n");
    return 0;
  }
  const [program = manager, ...args] = [...ADD[manager], ...missing];
  process.stdout.write(`${[program, ...args].join(" ")}\n`);
  const { status, error } = spawnSync(program, args, { stdio: "inherit", shell: process.platform === "win32" });
  if (error !== undefined) throw error;
  return status ?? 1;
}
