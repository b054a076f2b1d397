import type { Field, Schema } from "./schema.ts";

/** A Markdown table of every setting: what a component's README shows, written from its schema. */
export function settingsTable(schema: Schema<unknown>): string {
  const rows = rowsOf(schema.fields ?? {}, "");
  if (rows.length === 0) return "There are no settings.\n";
  return `| setting | type | default | meaning |\n|---|---|---|---|\n${rows.join("")}`;
}

function rowsOf(fields: Readonly<Record<string, Field<unknown>>>, prefix: string): string[] {
  return Object.entries(fields).flatMap(([key, { schema, fallback, doc }]) => {
    const path = prefix + key;
    const shown = fallback === undefined || fallback === "" ? "" : `\`${textOf(fallback)}\``;
    const row = `| \`${path}\` | ${schema.type} | ${shown} | ${doc} |\n`;
    const below = schema.item?.fields;
    return [row, ...(below === undefined ? rowsOf(schema.fields ?? {}, `${path}::`) : rowsOf(below, `${path}[]::`))];
  });
}

function textOf(fallback: unknown): string {
  return typeof fallback === "string" ? fallback : JSON.stringify(fallback);
}
