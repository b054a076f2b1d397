import type { Outcome } from "./report.ts";

/** What `InstrumentationBase` of `@opentelemetry/instrumentation` notes of each package that it is to patch. */
interface ModuleDefinition {
  readonly name: string;
  readonly supportedVersions: readonly string[];
  readonly patch?: unknown;
  readonly files?: readonly { readonly moduleExports?: unknown }[];
  /** Once it was loaded. */
  readonly moduleVersion?: string;
  /** Once it was patched. */
  readonly moduleExports?: unknown;
}

interface Finding {
  readonly outcome: Outcome;
  readonly why?: string;
}

/** What an official instrumentation made of the packages that it is for, as far as they were loaded. */
export function findingOf(instrumentation: object): Finding {
  const { _modules: all = [] } = instrumentation as { readonly _modules?: readonly ModuleDefinition[] };
  const definitions = all.filter(({ patch, files = [] }) => patch !== undefined || files.length > 0);
  // Those that patch nothing have other ways, and are used by their library.
  if (definitions.length === 0) return { outcome: "instrumented" };
  const patched = definitions.filter(isPatched);
  if (patched.length > 0) return { outcome: "instrumented", why: names(patched) };
  const loaded = definitions.filter(({ moduleVersion }) => moduleVersion !== undefined);
  if (loaded.length === 0) return { outcome: "waiting" };
  const supported = new Set(loaded.flatMap(({ supportedVersions }) => supportedVersions));
  return { outcome: "not instrumented", why: `${names(loaded)} is not of ${[...supported].join(" or ")}` };
}

function isPatched({ moduleExports, files = [] }: ModuleDefinition): boolean {
  return moduleExports !== undefined || files.some((file) => file.moduleExports !== undefined);
}

/** Each once: a package may have several definitions, for some of its versions each. */
function names(definitions: readonly ModuleDefinition[]): string {
  const texts = definitions.map(({ name, moduleVersion }) =>
    moduleVersion === undefined ? name : `${name} ${moduleVersion}`,
  );
  return [...new Set(texts)].join(", ");
}
