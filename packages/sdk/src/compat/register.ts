/**
 * `node --import @clew/sdk/compat/register app.js`: whatever `import`s or `require`s one of the official packages
 * gets ours, the packages in `node_modules` included.
 */
import Module, { createRequire } from "node:module";
import { standInFor } from "./official-packages.ts";
import { resolve } from "./resolve-hook.ts";

type ResolveFilename = (request: string, ...rest: unknown[]) => string;

interface ModuleInternals {
  /** What `require` asks for the file of a module; every tool that renames modules relies on it. */
  _resolveFilename: ResolveFilename;
  /** From Node 22.15 on. */
  readonly registerHooks?: (hooks: { resolve: typeof resolve }) => void;
}

const internals = Module as unknown as ModuleInternals;
const require = createRequire(import.meta.url);

// oxlint-disable-next-line no-underscore-dangle -- the name is Node's
const resolveFilename = internals._resolveFilename;
// oxlint-disable-next-line no-underscore-dangle -- the name is Node's
internals._resolveFilename = function (this: unknown, request, ...rest) {
  const standIn = standInFor(request);
  return standIn === undefined ? Reflect.apply(resolveFilename, this, [request, ...rest]) : require.resolve(standIn);
};
if (internals.registerHooks !== undefined) internals.registerHooks({ resolve });
else Module.register("./resolve-hook.js", import.meta.url);
