import { standInFor } from "./official-packages.ts";

/** What a resolve hook is handed on to; the answer may be a promise, where hooks have a thread of their own. */
type Next<Resolved> = (specifier: string, context: object) => Resolved;

/** A hook of Node's module loader. The module that stands in is looked for from here, where it always is. */
export function resolve<Resolved>(specifier: string, context: object, next: Next<Resolved>): Resolved {
  const standIn = standInFor(specifier);
  return standIn === undefined ? next(specifier, context) : next(standIn, { ...context, parentURL: import.meta.url });
}
