/** Browsers and systems by their User-Agent header, by the uap project's list of expressions. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Value } from "@clew/otlp";
import { parse } from "yaml";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { string } from "../parameters.ts";

interface Entry {
  readonly regex: string;
  readonly regex_flag?: string;
  readonly [replacement: string]: string | undefined;
}

/** What one expression finds: a name and the parts of a version. */
interface Rule {
  readonly pattern: RegExp;
  readonly templates: readonly string[];
}

const BROWSER_FIELDS = ["family_replacement", "v1_replacement", "v2_replacement", "v3_replacement"];
const SYSTEM_FIELDS = [
  "os_replacement",
  "os_v1_replacement",
  "os_v2_replacement",
  "os_v3_replacement",
  "os_v4_replacement",
];

export const userAgent: FunctionDefinition = define("UserAgent", { userAgent: string }, (args) => {
  const path = createRequire(import.meta.url).resolve("uap-core/regexes.yaml");
  const lists = parse(readFileSync(path, "utf8")) as Readonly<Record<string, readonly Entry[]>>;
  const browsers = rulesOf(lists["user_agent_parsers"]!, BROWSER_FIELDS);
  const systems = rulesOf(lists["os_parsers"]!, SYSTEM_FIELDS);
  return (context) => {
    const header = args.userAgent(context);
    const [name = "Other", ...version] = firstMatch(browsers, header);
    const [systemName = "Other", ...systemVersion] = firstMatch(systems, header);
    const result = new Map<string, Value>([
      ["user_agent.name", name],
      ["user_agent.original", header],
      ["user_agent.version", versionText(version)],
      ["os.name", systemName],
    ]);
    if (versionText(systemVersion) !== "") result.set("os.version", versionText(systemVersion));
    return result;
  };
});

function rulesOf(entries: readonly Entry[], fields: readonly string[]): Rule[] {
  return entries.map((entry) => ({
    pattern: new RegExp(entry.regex, entry.regex_flag ?? ""),
    templates: fields.map((field, i) => entry[field] ?? `$${i + 1}`),
  }));
}

function firstMatch(rules: readonly Rule[], header: string): string[] {
  for (const { pattern, templates } of rules) {
    const match = pattern.exec(header);
    if (match === null) continue;
    const found = templates.map((template) =>
      template.replaceAll(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? "").trim(),
    );
    if (found[0] !== "") return found;
  }
  return [];
}

function versionText(parts: readonly string[]): string {
  const end = parts.findIndex((part) => part === "");
  return parts.slice(0, end < 0 ? undefined : end).join(".");
}
