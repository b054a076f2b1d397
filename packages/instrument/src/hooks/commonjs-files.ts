import Module from "node:module";

/** A file that has run. Some define `exports` as a getter that loads more: it is read only where it is to be patched. */
export interface LoadedModule {
  exports: unknown;
}

/** Must not throw. */
export type OnCommonJsFile = (filename: string, module: LoadedModule) => void;

interface ModulePrototype {
  load: (this: LoadedModule, filename: string) => void;
}

/**
 * Calls `onFile` when a CommonJS file has run, once a file. `Module.prototype.load` is where
 * `require` and `import` of CommonJS meet, and it is not passed for a file that is loaded already,
 * so this costs nothing a `require`.
 */
export function watchCommonJsFiles(onFile: OnCommonJsFile): void {
  const prototype = Module.prototype as unknown as ModulePrototype;
  const { load } = prototype;
  prototype.load = function (filename) {
    load.call(this, filename);
    onFile(filename, this);
  };
}
