/**
 * Puts environment variables into the text of a configuration file's scalar: `${NAME}`, `${env:NAME}`,
 * `${NAME:-default}`; `$$` stands for `$`. Source: specification, "Environment variable substitution".
 */
import type { Environment } from "../environment.ts";

const REFERENCE = /\$\{(?:([a-zA-Z][a-zA-Z0-9_]*):(?!-))?([^}]+)\}/g;
const VARIABLE = /^([a-zA-Z_][a-zA-Z0-9_]*)(?::-([^\n]*))?$/;

export function hasSubstitution(text: string): boolean {
  return text.includes("$$") || text.includes("${");
}

/** Throws an `Error` that says which reference is malformed. What is put in is not looked through again. */
export function substitute(text: string, env: Environment): string {
  return text
    .split("$$")
    .map((part) => part.replace(REFERENCE, (reference, prefix, content) => valueOf(reference, prefix, content, env)))
    .join("$");
}

function valueOf(reference: string, prefix: string | undefined, content: string, env: Environment): string {
  const [, name, fallback = ""] = VARIABLE.exec(content) ?? [];
  if (name === undefined || (prefix !== undefined && prefix !== "env")) {
    throw new Error(`${reference} is no reference: expected \${NAME} or \${NAME:-default}`);
  }
  return env[name] || fallback;
}
