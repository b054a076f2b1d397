import { readFileSync } from "node:fs";

/** The version in this package's package.json; the packages share one. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;
