/**
 * How an ES module tells that it has run: a line after its source, which hands its exports, all of
 * them set by then, to a function that waits under a symbol.
 */

/** The key of the function on `globalThis`: modules are evaluated where no import of ours reaches. */
export const ON_ES_MODULE = "clew.instrument.onEsModule";

/** The source, followed by the line. It adds no line before, so that positions in stacks stay. */
export function tellingSource(source: string | ArrayBufferView | ArrayBuffer, url: string): string {
  const text = typeof source === "string" ? source : Buffer.from(source as ArrayBuffer).toString("utf8");
  const self = JSON.stringify(url);
  return (
    `${text}\nimport * as clewInstrumented from ${self};` +
    `globalThis[Symbol.for("${ON_ES_MODULE}")]?.(${self}, clewInstrumented);\n`
  );
}
