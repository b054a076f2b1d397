/**
 * Feature gates: switches for behaviour that is about to change. Clew has the new behaviour of
 * each that is listed, so they can be named, and those that are stable cannot be turned off.
 */
import { ClewError } from "@clew/base";

export interface FeatureGate {
  readonly id: string;
  readonly enabled: boolean;
  readonly stage: "Alpha" | "Beta" | "Stable" | "Deprecated";
  readonly description: string;
}

export const featureGates: readonly FeatureGate[] = [
  {
    id: "confmap.strictlyTypedInput",
    enabled: true,
    stage: "Stable",
    description:
      "Text that came out of ${…} is read as YAML where a setting is no text, and kept as it is where it is.",
  },
  {
    id: "otelcol.printInitialConfig",
    enabled: true,
    stage: "Stable",
    description: "`print-config` prints the configuration as it takes effect.",
  },
  {
    id: "telemetry.useOtelPrefixForMetrics",
    enabled: true,
    stage: "Stable",
    description: "The collector's own metrics begin with `otelcol_`.",
  },
];

/** Takes `--feature-gates a,-b,+c`. Throws `USAGE` for one that is not known, or that cannot be turned off. */
export function checkFeatureGates(list: string): void {
  for (const gate of list.split(",").filter((one) => one !== "")) {
    const id = gate.replace(/^[+-]/, "");
    const known = featureGates.find((one) => one.id === id);
    if (known === undefined)
      throw new ClewError(
        "USAGE",
        `no such feature gate ${JSON.stringify(id)}. valid gates: [${featureGates.map((one) => one.id).join(" ")}]`,
      );
    if (gate.startsWith("-"))
      throw new ClewError("USAGE", `feature gate ${JSON.stringify(id)} is stable, can not be disabled`);
  }
}
