import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type PackageManager = "npm" | "pnpm" | "yarn";

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface ApplicationPackages {
  readonly manager: PackageManager;
  /** Those that it depends on, and where there is a lock file, what these depend on. */
  readonly names: ReadonlySet<string>;
}

const LOCKS: readonly {
  readonly file: string;
  readonly manager: PackageManager;
  readonly read: (text: string) => string[];
}[] = [
  { file: "package-lock.json", manager: "npm", read: namesInNpmLock },
  { file: "npm-shrinkwrap.json", manager: "npm", read: namesInNpmLock },
  // `  '@scope/name@1.2.3(peer@4)':` and, before version 9, `  /@scope/name@1.2.3:`.
  { file: "pnpm-lock.yaml", manager: "pnpm", read: (text) => namesAt(text, /^ {2}'?\/?((?:@[\w.-]+\/)?[\w.-]+)@/gm) },
  // `"@scope/name@^1.2.3", "@scope/name@npm:^1.2.4":`
  { file: "yarn.lock", manager: "yarn", read: (text) => namesAt(text, /^"?((?:@[\w.-]+\/)?[\w.-]+)@/gm) },
];

/**
 * Reads the application's `package.json` and the lock file beside it.
 *
 * @throws where there is no `package.json`, or it is not JSON.
 */
export function applicationPackages(directory: string): ApplicationPackages {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
  const names = new Set(
    [manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies].flatMap((one) =>
      Object.keys(one ?? {}),
    ),
  );
  const lock = LOCKS.find(({ file }) => existsSync(join(directory, file)));
  if (lock === undefined) return { manager: "npm", names };
  for (const name of lock.read(readFileSync(join(directory, lock.file), "utf8"))) names.add(name);
  return { manager: lock.manager, names };
}

/** `packages` holds `node_modules/a/node_modules/@b/c` for each; before version 2, `dependencies` holds names. */
function namesInNpmLock(text: string): string[] {
  const { packages = {}, dependencies = {} } = JSON.parse(text) as {
    readonly packages?: Readonly<Record<string, { readonly dev?: boolean }>>;
    readonly dependencies?: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  const inTree = Object.entries(packages).map(
    ([path, entry]) => [path.replace(/^.*node_modules\//, ""), entry] as const,
  );
  return [...inTree, ...Object.entries(dependencies)]
    .filter(([name, { dev }]) => name !== "" && dev !== true)
    .map(([name]) => name);
}

function namesAt(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = ""]) => name);
}
