import type { CatalogueEntry } from "../../api/types.ts";

/** A metric's type as one letter; the word for those who cannot see it, and on hover. */
export function TypeMark({ entry }: { readonly entry: CatalogueEntry }) {
  const name = typeName(entry);
  return (
    <span
      title={name}
      role="img"
      aria-label={name}
      className="grid h-4 w-5 shrink-0 place-items-center rounded-sm border border-line bg-raised font-mono text-[10px] leading-none text-muted"
    >
      {LETTERS[name]}
    </span>
  );
}

type TypeName = "counter" | "gauge" | "up-down counter" | "histogram" | "exponential histogram" | "summary";

const LETTERS: Readonly<Record<TypeName, string>> = {
  counter: "C",
  gauge: "G",
  "up-down counter": "U",
  histogram: "H",
  "exponential histogram": "E",
  summary: "S",
};

export function typeName({ type, monotonic }: CatalogueEntry): TypeName {
  if (type === "sum") return monotonic ? "counter" : "up-down counter";
  return type === "exponential_histogram" ? "exponential histogram" : type;
}
