/**
 * Components are made in two steps, so that nothing is started by a file that turns out to be bad: reading a
 * section gives a plan, and only when all of the file was read are the plans carried out.
 */
import { messageOf } from "@clew/base";
import type { ComponentProviderRegistry, ComponentType, ComponentTypes } from "./component-provider.ts";
import type { Section } from "./section.ts";

/** Makes what a section describes. Is called once, or not at all. */
export type Plan<Component> = () => Component;

/** Reads the section under a component's name. */
export type ReadComponent<Component> = (properties: Section) => Plan<Component>;

/**
 * Reads a section that holds one component under its name: a built-in one, or one that a provider makes. Gives a
 * plan that must not be carried out where there is a problem.
 */
export function readComponent<Type extends ComponentType>(
  section: Section,
  type: Type,
  builtIn: Readonly<Record<string, ReadComponent<ComponentTypes[Type]>>>,
  registry: ComponentProviderRegistry,
): Plan<ComponentTypes[Type]> {
  const [name, ...more] = Object.keys(section.properties);
  if (name === undefined || more.length > 0) {
    section.note("", `expected one component, got ${[name, ...more].join(", ") || "nothing"}`);
    return neverMade;
  }
  const read = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
  const properties = section.sectionOrEmpty(name);
  if (properties === undefined) return neverMade;
  if (read !== undefined) return properties.read(read);
  const provider = registry.get(type, name);
  if (provider !== undefined) return () => created(properties, () => provider.create(properties.properties));
  const known = [...Object.keys(builtIn), ...registry.names(type)].join(", ");
  section.note(name, `no such component: expected one of ${known}, or a component provider for ${type} ${name}`);
  return neverMade;
}

/** The same for a section that must be there. */
export function requiredComponent<Component>(
  section: Section,
  name: string,
  read: (section: Section) => Plan<Component>,
): Plan<Component> {
  const child = section.section(name);
  if (child !== undefined) return read(child);
  section.missing(name);
  return neverMade;
}

/** What a provider threw tells where the component is in the file. */
function created<Component>({ path }: Section, create: () => Component): Component {
  try {
    return create();
  } catch (thrown) {
    throw new Error(`${path}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function neverMade(): never {
  throw new Error("a component of an invalid configuration was asked for");
}
