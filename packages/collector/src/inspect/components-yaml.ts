import { SIGNALS } from "@clew/otlp";
import type { Registry } from "../registry.ts";

/** The components that a registry has, as the Collector's `components` command prints them. */
export function componentsYaml(registry: Registry, version: string): string {
  const lines = [
    "buildinfo:",
    "  command: clew collector",
    "  description: Clew, the OpenTelemetry Collector in TypeScript",
    `  version: ${version}`,
  ];
  for (const [section, factories] of Object.entries(registry) as [string, Registry[keyof Registry]][]) {
    lines.push(`${section}:`);
    for (const { type, stability } of [...factories].sort((a, b) => (a.type < b.type ? -1 : 1))) {
      lines.push(`  - name: ${type}`, "    stability:", ...stabilityLines(stability).map((line) => `      ${line}`));
    }
  }
  return `${lines.join("\n")}\n`;
}

function stabilityLines(stability: unknown): string[] {
  if (typeof stability === "string") return [`extension: ${stability}`];
  const bySignal = stability as Record<string, string | Record<string, string>>;
  return SIGNALS.flatMap((signal) => {
    const level = bySignal[signal];
    if (level === undefined) return [];
    if (typeof level === "string") return [`${signal}: ${level}`];
    return Object.entries(level).map(([to, one]) => `${signal}-to-${to}: ${one}`);
  });
}
