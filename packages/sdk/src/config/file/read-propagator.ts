import type { TextMapPropagator } from "@opentelemetry/api";
import { CompositePropagator } from "../../propagation/composite-propagator.ts";
import { PROPAGATORS } from "../propagator-from-environment.ts";
import { type Plan, readComponent, type ReadComponent } from "./component.ts";
import type { ComponentProviderRegistry } from "./component-provider.ts";
import type { Section } from "./section.ts";

const NAMES = Object.keys(PROPAGATORS).filter((name) => name !== "none");

function create(name: string): TextMapPropagator {
  return PROPAGATORS[name]?.(process.env) ?? new CompositePropagator();
}

const BUILT_IN: Readonly<Record<string, ReadComponent<TextMapPropagator>>> = Object.fromEntries(
  NAMES.map((name) => [name, (): Plan<TextMapPropagator> => () => create(name)]),
);

/** `composite` and `composite_list` together, each propagator once. */
export function readPropagator(section: Section, registry: ComponentProviderRegistry): Plan<TextMapPropagator> {
  const entries = section.sections("composite") ?? [];
  const used = new Set(entries.flatMap(({ properties }) => Object.keys(properties)));
  const plans = entries.map((entry) => readComponent(entry, "text_map_propagator", BUILT_IN, registry));
  for (const part of (section.text("composite_list") ?? "").split(",")) {
    const name = part.trim();
    if (name === "" || name === "none" || used.has(name)) continue;
    used.add(name);
    plans.push(listed(section, name, registry));
  }
  return () => new CompositePropagator({ propagators: plans.map((plan) => plan()) });
}

function listed(section: Section, name: string, registry: ComponentProviderRegistry): Plan<TextMapPropagator> {
  const provider = registry.get("text_map_propagator", name);
  if (provider !== undefined) return () => provider.create({});
  if (!NAMES.includes(name)) section.note("composite_list", `expected some of ${NAMES.join(", ")}, got ${name}`);
  return () => create(name);
}
