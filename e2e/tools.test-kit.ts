/** Programs that tests need and that npm does not bring (scripts/optional-tools.mjs). */
import { findTool } from "../scripts/optional-tools.mjs";

/** The tool's path, undefined where it is missing; where nothing may be skipped (CI), that is an error. */
export function optionalTool(name: "chromium" | "promtool" | "prometheus"): string | undefined {
  const tool = findTool(name);
  if (tool === undefined && process.env["CLEW_REQUIRE_TOOLS"] === "1") throw new Error(`${name} is not installed`);
  return tool;
}
