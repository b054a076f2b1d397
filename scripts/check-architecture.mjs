/**
 * Checks the import table of ARCHITECTURE.md: packages import downwards only, through each
 * other's index, and only what their package.json names; component folders do not know
 * their neighbours; `base` needs nothing that a browser lacks.
 */
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { parseSync } from "oxc-parser";
import { ROOT } from "./set-up.mjs";

/** What each package of the project may import of the others. */
export const MAY_IMPORT = {
  base: [],
  otlp: ["base"],
  sdk: ["base", "otlp"],
  store: ["base", "otlp"],
  collector: ["base", "otlp", "sdk", "store"],
  query: ["base"],
  rules: ["base", "query"],
  instrument: ["base", "sdk"],
  server: ["base", "otlp", "sdk", "store", "collector", "query", "rules"],
  ui: [],
  clew: [
    "base",
    "otlp",
    "sdk",
    "store",
    "collector",
    "query",
    "rules",
    "server",
    "instrument",
    "example-order-service",
  ],
  "example-order-service": ["sdk"],
  "example-plain-order-service": [],
};

const BUILTINS = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/** The faults of one file, as sentences. `packageName` is without its scope. */
export function faultsOf({ path, source, packageName, packageDirectory, dependencies, isTest }) {
  const faults = [];
  const { module } = parseSync(path, source);
  const imports = [...module.staticImports, ...module.staticExports.flatMap(({ entries }) => entries)]
    .map(({ moduleRequest }) => moduleRequest?.value)
    .concat(module.dynamicImports.map(({ moduleRequest }) => literalOf(source, moduleRequest)));
  for (const name of new Set(imports.filter((one) => one !== undefined))) {
    const fault = faultOf(name, { path, packageName, packageDirectory, dependencies, isTest });
    if (fault !== undefined) faults.push(`${relative(ROOT, path)}: ${fault}`);
  }
  return faults;
}

function literalOf(source, { start, end }) {
  return /^(["'])(.*)\1$/.exec(source.slice(start, end))?.[2];
}

function faultOf(name, { path, packageName, packageDirectory, dependencies, isTest }) {
  if (name.startsWith(".")) return relativeFault(resolve(dirname(path), name), path, packageDirectory, isTest);
  if (BUILTINS.has(name))
    return packageName === "base" && !isTest ? `base imports ${name}, which a browser does not have` : undefined;
  const own = /^(?:@clew\/([\w-]+))(\/.*)?$/.exec(name);
  if (own !== null) {
    const [, other, inside] = own;
    if (inside !== undefined && !isEntry(other, inside))
      return `imports ${name}: other packages are entered by what their package.json exports`;
    if (!MAY_IMPORT[packageName].includes(other) && !(isTest && other !== packageName))
      return `${packageName} may not import ${other}`;
    return undefined;
  }
  const dependency = name.startsWith("@") ? name.split("/").slice(0, 2).join("/") : name.split("/")[0];
  if (isTest || dependencies.has(dependency)) return undefined;
  return `imports ${dependency}, which its package.json does not name`;
}

function isEntry(packageName, inside) {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "packages", packageName, "package.json"), "utf8"));
  return Object.hasOwn(exports, `.${inside}`);
}

function relativeFault(target, path, packageDirectory, isTest) {
  if (!target.startsWith(`${packageDirectory}/`))
    return isTest ? undefined : `reaches out of its package to ${relative(ROOT, target)}`;
  const from = componentOf(path);
  const to = componentOf(target);
  if (from !== undefined && to !== undefined && from !== to && !isTest)
    return `component ${from} imports its neighbour ${to}`;
  return undefined;
}

function componentOf(path) {
  return /\/components\/(\w+\/[\w-]+)\//.exec(path)?.[1];
}

function* sourceFiles(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules" && entry.name !== "dist") yield* sourceFiles(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

function main() {
  const directories = ["packages", "examples"].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => join(ROOT, parent, name)),
  );
  const faults = [];
  let count = 0;
  for (const packageDirectory of directories) {
    const manifest = JSON.parse(readFileSync(join(packageDirectory, "package.json"), "utf8"));
    const packageName = manifest.name.replace("@clew/", "");
    if (MAY_IMPORT[packageName] === undefined) faults.push(`${packageName} is not in the import table`);
    const dependencies = new Set(
      Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies }),
    );
    for (const path of sourceFiles(join(packageDirectory, "src"))) {
      count++;
      const isTest = /\.(?:test|test-kit)\.tsx?$/.test(path);
      faults.push(
        ...faultsOf({ path, source: readFileSync(path, "utf8"), packageName, packageDirectory, dependencies, isTest }),
      );
    }
  }
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error(
      "\nChanging who may import whom? Change MAY_IMPORT in scripts/check-architecture.mjs and the table in ARCHITECTURE.md.",
    );
    process.exit(1);
  }
  console.log(`${count} files keep to the import table`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) main();
