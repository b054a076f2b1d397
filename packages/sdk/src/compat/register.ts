/**
 * `node --import @clew/sdk/compat/register app.js`: whatever `import`s or `require`s one of the official packages
 * gets ours, the packages in `node_modules` included.
 */
import Module, { createRequire } from "node:module";
import { standInFor } from "./official-packages.ts";
import { resolve } from "./resolve-hook.ts";

type ResolveFilename = (request: string, ...rest: unknown[]) => string;

/** From Node 22.15 on. */
interface SynchronousHooks {
  readonly registerHooks?: (hooks: { resolve: typeof resolve }) => void;
}

/** What `require` asks for the file of a module; every tool that renames modules relies on it. */
const RESOLVE_FILENAME = "_resolveFilename";

const { resolve: resolveHere } = createRequire(import.meta.url);
const resolveFilename = Reflect.get(Module, RESOLVE_FILENAME) as ResolveFilename;

Reflect.set(Module, RESOLVE_FILENAME, function (this: unknown, request: string, ...rest: unknown[]): string {
  const standIn = standInFor(request);
  return standIn === undefined ? Reflect.apply(resolveFilename, this, [request, ...rest]) : resolveHere(standIn);
});
const { registerHooks } = Module as SynchronousHooks;
if (registerHooks !== undefined) registerHooks({ resolve });
else Module.register("./resolve-hook.js", import.meta.url);
