import type { ScopeConfig, ScopeConfigurator } from "../../common/scope-configurator.ts";
import type { Section } from "./section.ts";
import { wildcardMatcher } from "../../common/wildcard.ts";

/**
 * `default_config`, and the list `name` of those that differ from it by their names; of several that match, the
 * first counts.
 */
export function readConfigurator<Config extends ScopeConfig>(
  section: Section,
  name: "tracers" | "meters" | "loggers",
  readConfig: (section: Section) => Config,
): ScopeConfigurator<Config> {
  const defaultConfig = section.section("default_config")?.read(readConfig);
  const rules = (section.sections(name) ?? []).map((rule) =>
    rule.read((one) => {
      const matches = wildcardMatcher(one.text("name") ?? one.missing("name") ?? "");
      const config = one.section("config")?.read(readConfig);
      if (config === undefined) one.missing("config");
      return { matches, config };
    }),
  );
  return (scope) => {
    const rule = rules.find(({ matches }) => matches(scope.name));
    return rule === undefined ? defaultConfig : rule.config;
  };
}

/** The settings that tracers, meters and loggers have in common. */
export function readScopeConfig(section: Section): ScopeConfig {
  return { enabled: section.boolean("enabled") ?? true };
}
