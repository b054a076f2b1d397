import { plainOf } from "../schema/expanded.ts";
import { field, list, map, section, string, type Schema } from "../schema/schema.ts";

/** Addresses with the labels that they share. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export const scalar: Schema<string> = {
  type: "string",
  read(raw, place) {
    const value = plainOf(raw);
    return typeof value === "number" || typeof value === "boolean" ? String(value) : string.read(raw, place);
  },
};

export const targetGroup: Schema<TargetGroup> = section<TargetGroup>({
  targets: field(list(string), undefined, "Addresses, `host:port`."),
  labels: field(map(scalar), undefined, "Labels of all of them."),
});
