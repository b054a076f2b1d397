import type { Client } from "@clew/otlp";

/** Tells whether a client's request is meant: one of its header's values must compare so. */
export type RequestCondition = (client: Client | undefined) => boolean;

const FORM = /^request\["([^"]*)"\]\s*(==|!=)\s*"([^"]*)"$/;

/** Reads `request["name"] == "value"`, or the same with `!=`; undefined where it is anything else. */
export function requestCondition(text: string): RequestCondition | undefined {
  const [, name, comparison, expected] = FORM.exec(text.trim()) ?? [];
  if (name === undefined) return undefined;
  const isEqual = comparison === "==";
  return (client) => {
    const values = client?.metadata.get(name.toLowerCase()) ?? [];
    return values.some((value) => (value === expected) === isEqual);
  };
}
