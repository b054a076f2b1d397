import type { InstrumentationScope } from "../../common/instrumentation-scope.ts";
import type { Section } from "./section.ts";
import { wildcardMatcher } from "../../common/wildcard.ts";

/** Gives the settings of a tracer, a meter or a logger by its scope. */
type Configurator<Config> = (scope: InstrumentationScope) => Config;

/**
 * `default_config`, and the list `name` of those that differ from it by their names; of several that match, the
 * first counts.
 */
export function readConfigurator<Config>(
  section: Section,
  name: "tracers" | "meters" | "loggers",
  readConfig: (section: Section) => Config,
): Configurator<Config | undefined> {
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

/** Checks a section that nothing in the SDK listens to yet, and says so. */
export function readUnusedConfigurator(
  section: Section,
  name: string,
  list: "tracers" | "loggers",
  readConfig: (section: Section) => unknown,
): void {
  section.section(name)?.read((one) => {
    readConfigurator(one, list, readConfig);
    section.note(name, "is not supported yet, and ignored", "warning");
  });
}
