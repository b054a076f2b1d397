import Module from "node:module";

/** Says what takes the place of a file's exports; the same exports when nothing does. */
export type OnCommonJsFile = (filename: string, exports: unknown) => unknown;

interface LoadingModule {
  exports: unknown;
}

interface ModulePrototype {
  load: (this: LoadingModule, filename: string) => void;
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
    const exports = onFile(filename, this.exports);
    if (exports !== this.exports) this.exports = exports;
  };
}
