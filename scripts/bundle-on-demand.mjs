/**
 * Rolldown plugins that make a start load less.
 *
 * `onDemand`: what some modules export stands in the bundle as functions that load the module, which has a file of its
 * own, when they are first called. For modules of functions and classes that are called or constructed, and no more
 * than that: whoever imports something else of them makes the build fail.
 *
 * `builtinsAsTheyAre`: `import` of a module of Node's asks for everything that it exports, getters included, and
 * `node:crypto` alone loads half of its files for that. What is imported is asked for, and nothing else.
 */
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

const STAND_IN = "\0on-demand:";

/** The entry of a module's own file: `on-demand/zipkin-exporter`. */
export function onDemandEntries(paths) {
  return Object.fromEntries(paths.map((path) => [entryOf(path), path]));
}

export function onDemand(paths) {
  const modules = new Set(paths);
  return {
    name: "on-demand",
    async resolveId(source, importer, options) {
      if (importer === undefined || modules.has(importer)) return null;
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      return resolved !== null && modules.has(resolved.id) ? STAND_IN + resolved.id : resolved;
    },
    load: (id) => (id.startsWith(STAND_IN) ? standIn(id.slice(STAND_IN.length)) : null),
  };
}

async function standIn(path) {
  const exported = Object.entries(await import(pathToFileURL(path).href));
  const functions = exported.filter(([, value]) => typeof value === "function").map(([name]) => name);
  return [
    `import { createRequire } from "node:module";`,
    `let loaded;`,
    `const load = () => (loaded ??= createRequire(import.meta.url)("./${entryOf(path)}.js"));`,
    ...functions.map(
      (name) => `export function ${name}(...args) {
        return new.target === undefined ? load().${name}(...args) : new (load().${name})(...args);
      }`,
    ),
  ].join("\n");
}

function entryOf(path) {
  return `on-demand/${basename(path, ".js")}`;
}

const IMPORT_OF_BUILTIN = /^import (?:(\w+)(?:, )?)?(\{[^}]*\})? ?from "(node:[^"]+)";$/gm;

export const builtinsAsTheyAre = {
  name: "builtins-as-they-are",
  renderChunk: (code) =>
    code.replaceAll(IMPORT_OF_BUILTIN, (_, all, some, name) => {
      const builtin = `process.getBuiltinModule("${name}")`;
      const named = some === undefined ? "" : `const ${some.replaceAll(" as ", ": ")} = ${builtin};`;
      return all === undefined ? named : `const ${all} = ${builtin};${named}`;
    }),
};
