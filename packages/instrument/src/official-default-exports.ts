import { createRequire } from "node:module";

/** Official packages that patch what is imported by name only --> whose default export stays as it was. */
const PATCHED_BY_NAME: Readonly<Record<string, string>> = {
  "@opentelemetry/instrumentation-grpc": "@grpc/grpc-js",
};

type Exports = Record<string, unknown>;
type Hook = new (names: readonly string[], onImport: (exports: Exports) => void) => unknown;

/**
 * Where an ES module takes the default export of a package, it gets what the official package named `name` made of the
 * others. `file` is that package's own; it must have its hooks by now, since they are called in their order.
 */
export function patchDefaultExport(name: string, file: string): void {
  const target = PATCHED_BY_NAME[name];
  if (target === undefined) return;
  const instrumentation = createRequire(file).resolve("@opentelemetry/instrumentation");
  const { Hook } = createRequire(instrumentation)("import-in-the-middle") as { readonly Hook: Hook };
  void new Hook([target], (exports) => {
    const whole = exports["default"] as Exports | undefined;
    for (const [key, value] of Object.entries(exports)) {
      if (key === "default" || whole?.[key] === undefined || whole[key] === value) continue;
      Object.defineProperty(whole, key, { configurable: true, enumerable: true, writable: true, value });
    }
  });
}
