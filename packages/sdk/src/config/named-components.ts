import { type Environment, readNames, warn } from "./environment.ts";

/** Makes each of the variable's names that is known, each once; warns about the others. */
export function named<Component>(
  env: Environment,
  variable: string,
  defaults: readonly string[],
  known: Readonly<Record<string, () => Component | undefined>>,
): Component[] {
  const components: Component[] = [];
  for (const name of readNames(env, variable) ?? defaults) {
    const create = Object.hasOwn(known, name) ? known[name] : undefined;
    if (create === undefined) warn(variable, name, `one of ${Object.keys(known).join(", ")}`);
    const component = create?.();
    if (component !== undefined) components.push(component);
  }
  return components;
}
