/** Finds the cases of Prometheus's own tests, which are not part of this repository: see CONTRIBUTING.md. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BESIDE_THE_REPOSITORY = fileURLToPath(new URL("../../../../../shared/conformance", import.meta.url));

export function conformancePath(name: string): string {
  return join(process.env["CLEW_CONFORMANCE_DIR"] ?? BESIDE_THE_REPOSITORY, name);
}

/** A literal of the original's test; `{ident}` is a name in it, `{_call, args}` a call, `_type` a type's name. */
export type CaseValue = string | number | boolean | null | readonly CaseValue[] | CaseFields;

export interface CaseFields {
  readonly [name: string]: CaseValue;
}

/** The cases of a JSONL file, `_func` and `_line` their place in the original; none where the file is absent. */
export function conformanceCases(name: string): readonly CaseFields[] {
  const path = conformancePath(name);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as CaseFields);
}

/** For `test.each`: of each case its line in the original and one of its texts. */
export function titled(
  cases: readonly CaseFields[],
  field = "input",
): (readonly [line: number, text: string, one: CaseFields])[] {
  return cases.map((one) => [Number(one["_line"]), textOf(one[field] ?? ""), one] as const);
}

/** Text that is no UTF-8 stands in pieces, of which some are Base64. */
function textOf(value: CaseValue): string {
  if (typeof value === "string") return value;
  const pieces = (value as readonly (string | { readonly base64: string })[]).map((one) =>
    typeof one === "string" ? Buffer.from(one) : Buffer.from(one.base64, "base64"),
  );
  return Buffer.concat(pieces).toString("utf8");
}
