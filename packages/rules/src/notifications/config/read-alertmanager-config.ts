/** Reads Alertmanager's configuration, with its errors. What is not offered is said to be so. */
import { type LabelMatcher, labelTest } from "@clew/query";
import { StrictYaml, type YamlMap } from "../../file/strict-yaml.ts";
import type { AlertmanagerConfig, InhibitRule, ReceiverConfig, Route } from "./alertmanager-config.ts";
import { parseMatchers } from "./parse-matchers.ts";
import { GLOBAL_KEYS, ReceiverReader } from "./receiver-reader.ts";

const KEYS = "global route receivers inhibit_rules templates";
const ROUTE_KEYS =
  "receiver group_by group_wait group_interval repeat_interval match match_re matchers continue routes";
const INHIBIT_KEYS =
  "name source_match source_match_re source_matchers target_match target_match_re target_matchers equal";

/** Routes may stand in each other so deep. */
const MAX_ROUTE_DEPTH = 50;

/** What the root route has unless it says otherwise. */
const DEFAULTS = { groupBy: [], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 4 * 3_600_000 };

/** Throws an `Error` with what is wrong. */
export function readAlertmanagerConfig(text: string): AlertmanagerConfig {
  const yaml = new StrictYaml(text);
  const root = yaml.checked(yaml.root, KEYS, "config.plain");
  const global = yaml.checked(yaml.map(root, "global"), GLOBAL_KEYS, "config.plain");
  const receivers = readReceivers(yaml, root, global);
  const route = readRoot(yaml, root, receivers);
  const inhibitRules = yaml.maps(root, "inhibit_rules").map((one) => readInhibitRule(yaml, one));
  yaml.finish();
  return { route, receivers, inhibitRules, templates: yaml.texts(root, "templates") };
}

function readReceivers(yaml: StrictYaml, root: YamlMap, global: YamlMap): ReadonlyMap<string, ReceiverConfig> {
  const reader = new ReceiverReader(yaml, global);
  const receivers = new Map<string, ReceiverConfig>();
  for (const one of yaml.maps(root, "receivers")) {
    const receiver = reader.read(one);
    if (receivers.has(receiver.name)) throw new Error(`notification config name "${receiver.name}" is not unique`);
    receivers.set(receiver.name, receiver);
  }
  return receivers;
}

function readRoot(yaml: StrictYaml, root: YamlMap, receivers: ReadonlyMap<string, ReceiverConfig>): Route {
  const node = yaml.map(root, "route");
  if (node === undefined) throw new Error("no routes provided");
  if (yaml.string(node, "receiver") === "") throw new Error("root route must specify a default receiver");
  if (["match", "match_re", "matchers"].some((key) => yaml.has(node, key)))
    throw new Error("root route must not have any matchers");
  const route = readRoute(yaml, node, undefined);
  checkReceivers(route, receivers);
  return route;
}

function readRoute(yaml: StrictYaml, map: YamlMap, parent: Route | undefined, depth = 0): Route {
  if (depth > MAX_ROUTE_DEPTH) throw new Error(`routes stand more than ${MAX_ROUTE_DEPTH} deep in each other`);
  const node = yaml.checked(map, ROUTE_KEYS, "config.plain");
  const above = parent ?? DEFAULTS;
  const matchers = matchersOf(yaml, node, "match", "match_re", "matchers");
  const own = `{${matchers.map(matcherText).join(",")}}`;
  const route: Route = {
    receiver: yaml.string(node, "receiver") || (parent?.receiver ?? ""),
    matchers,
    groupBy: groupByOf(yaml, node, above.groupBy),
    groupWaitMs: yaml.duration(node, "group_wait") ?? above.groupWaitMs,
    groupIntervalMs: yaml.duration(node, "group_interval") ?? above.groupIntervalMs,
    repeatIntervalMs: yaml.duration(node, "repeat_interval") ?? above.repeatIntervalMs,
    continues: yaml.boolean(node, "continue", false),
    routes: [],
    key: parent === undefined ? own : `${parent.key}/${own}`,
  };
  if (route.groupIntervalMs === 0) throw new Error("group_interval cannot be zero");
  if (route.repeatIntervalMs === 0) throw new Error("repeat_interval cannot be zero");
  return { ...route, routes: yaml.maps(node, "routes").map((one) => readRoute(yaml, one, route, depth + 1)) };
}

function groupByOf(
  yaml: StrictYaml,
  node: YamlMap,
  above: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!yaml.has(node, "group_by")) return above;
  const names = yaml.texts(node, "group_by");
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) throw new Error(`duplicated label "${repeated}" in group_by`);
  if (!names.includes("...")) return names;
  if (names.length === 1) return undefined;
  throw new Error("cannot have wildcard group_by (`...`) and other labels at the same time");
}

function checkReceivers({ receiver, routes }: Route, receivers: ReadonlyMap<string, ReceiverConfig>): void {
  for (const route of routes) checkReceivers(route, receivers);
  if (!receivers.has(receiver)) throw new Error(`undefined receiver "${receiver}" used in route`);
}

function readInhibitRule(yaml: StrictYaml, map: YamlMap): InhibitRule {
  const node = yaml.checked(map, INHIBIT_KEYS, "common.plain");
  return {
    sourceMatchers: matchersOf(yaml, node, "source_match", "source_match_re", "source_matchers"),
    targetMatchers: matchersOf(yaml, node, "target_match", "target_match_re", "target_matchers"),
    equal: yaml.texts(node, "equal"),
  };
}

/** Those of the older keys and of the newer one, by name. */
function matchersOf(
  yaml: StrictYaml,
  node: YamlMap,
  equal: string,
  like: string,
  newer: string,
): readonly LabelMatcher[] {
  const all: LabelMatcher[] = [
    ...Object.entries(yaml.strings(node, equal)).map(([name, value]) => ({ name, operator: "=" as const, value })),
    ...Object.entries(yaml.strings(node, like)).map(([name, value]) => ({ name, operator: "=~" as const, value })),
    ...yaml.texts(node, newer).flatMap(parseMatchers),
  ];
  for (const matcher of all) labelTest(matcher);
  return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function matcherText({ name, operator, value }: LabelMatcher): string {
  return `${name}${operator}${JSON.stringify(value)}`;
}
