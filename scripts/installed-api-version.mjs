/** In the bundle of `@clew/instrument`, the version of the API: that of the copy which is installed, so that both agree. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The newest that is supported, where none is installed. */
const NEWEST = "1.10.0";

export const VERSION = installedVersion();

function installedVersion() {
  try {
    return versionAbove(dirname(createRequire(import.meta.url).resolve("@opentelemetry/api")));
  } catch {
    return NEWEST;
  }
}

/** Of the nearest `package.json` that names a version: the API has others, without one, beside its files. */
function versionAbove(directory) {
  let version;
  try {
    ({ version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")));
  } catch {
    // There is none here.
  }
  if (version !== undefined) return version;
  const parent = dirname(directory);
  return parent === directory ? NEWEST : versionAbove(parent);
}
