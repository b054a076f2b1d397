/** `--enable-feature` of commands that are promtool's. */
import { type PromqlFeatures, STABLE_FEATURES } from "@clew/query";
import type { Terminal } from "./terminal.ts";

/** The flag as `parseArgs` takes it. */
export const FEATURE_FLAG = { "enable-feature": { type: "string", multiple: true } } as const;

const FEATURES: Readonly<Record<string, Partial<PromqlFeatures>>> = {
  "": {},
  "promql-experimental-functions": { experimentalFunctions: true },
  "promql-delayed-name-removal": { delayedNameRemoval: true },
  "promql-duration-expr": {},
  "promql-extended-range-selectors": { extendedRangeSelectors: true },
  "promql-binop-fill-modifiers": { binopFillModifiers: true },
};

/** What the flag switches on; names that promtool doesn't know are told. */
export function toolFeatures(values: Readonly<Record<string, unknown>>, terminal: Terminal): PromqlFeatures {
  const flags = (values["enable-feature"] as readonly string[] | undefined) ?? [];
  const found = flags
    .flatMap((flag) => flag.split(","))
    .map((name) => {
      if (!Object.hasOwn(FEATURES, name))
        terminal.out(`  WARNING: Unknown feature passed to --enable-feature: ${name}\n`);
      return FEATURES[name];
    });
  return Object.assign({}, STABLE_FEATURES, ...found) as PromqlFeatures;
}
