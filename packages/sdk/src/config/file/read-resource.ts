import { detectResources } from "../../resource/detect-resources.ts";
import { detected, type ResourceDetector } from "../../resource/detector.ts";
import { HostDetector } from "../../resource/detectors/host-detector.ts";
import { OSDetector } from "../../resource/detectors/os-detector.ts";
import { ProcessDetector } from "../../resource/detectors/process-detector.ts";
import { ServiceInstanceIdDetector } from "../../resource/detectors/service-instance-id-detector.ts";
import { PLATFORMS, PlatformDetector } from "../../resource/detectors-from-environment.ts";
import {
  defaultResource,
  type DetectedResource,
  type Resource,
  resourceFromAttributes,
} from "../../resource/resource.ts";
import { type Environment, readPairs, readText } from "../environment.ts";
import { type Plan, readComponent, type ReadComponent } from "./component.ts";
import type { ComponentProviderRegistry } from "./component-provider.ts";
import type { Section } from "./section.ts";
import { includeExclude } from "../../common/wildcard.ts";

const LIST_NAME = "attributes_list";
const TYPES = ["string", "bool", "int", "double", "string_array", "bool_array", "int_array", "double_array"] as const;
type AttributeType = (typeof TYPES)[number];

/** From the least to the most particular: defaults, what was detected, `attributes_list`, `attributes`. */
export function readResource(section: Section, registry: ComponentProviderRegistry, env: Environment): Plan<Resource> {
  const detection = section.section("detection/development")?.read((one) => readDetection(one, registry, env));
  const listed = readPairs({ [LIST_NAME]: section.text(LIST_NAME) }, LIST_NAME);
  const attributes = (section.sections("attributes") ?? []).map((one) => one.read(readAttribute));
  const schemaUrl = section.text("schema_url");
  return () => {
    const own = resourceFromAttributes({ ...listed, ...Object.fromEntries(attributes) }, { schemaUrl });
    return defaultResource()
      .merge(detection?.() ?? null)
      .merge(own);
  };
}

function readAttribute(section: Section): [string, unknown] {
  const name = section.text("name") ?? section.missing("name") ?? "";
  const type = section.choice("type", TYPES) ?? "string";
  if (!("value" in section.properties)) section.missing("value");
  const value = section.any("value");
  if (value === undefined) return [name, undefined];
  const looksOtherwise = typeof value === "number" || typeof value === "boolean";
  // What stands without quotes may look like a number.
  const fitting = type === "string" && looksOtherwise ? String(value) : value;
  if (!isOfType(fitting, type)) section.note("value", `expected a value of type ${type}, got ${JSON.stringify(value)}`);
  return [name, fitting];
}

function isOfType(value: unknown, type: AttributeType): boolean {
  const [base = "", isArray] = type.split("_");
  if (isArray !== undefined) return Array.isArray(value) && value.every((item) => isOfBaseType(item, base));
  return isOfBaseType(value, base);
}

function isOfBaseType(value: unknown, type: string): boolean {
  if (type === "int") return Number.isSafeInteger(value);
  const javaScriptTypes: Readonly<Record<string, string>> = { string: "string", bool: "boolean", double: "number" };
  return typeof value === javaScriptTypes[type];
}

function readDetection(section: Section, registry: ComponentProviderRegistry, env: Environment): Plan<Resource> {
  const filter = section
    .section("attributes")
    ?.read((one) => includeExclude(one.texts("included"), one.texts("excluded")));
  const builtIn = builtInDetectors(env);
  const plans = (section.sections("detectors") ?? []).map((one) =>
    readComponent(one, "resource_detector", builtIn, registry),
  );
  return () => {
    const detectors = plans.map((plan) => plan());
    return detectResources({
      detectors: filter === undefined ? detectors : detectors.map((one) => new FilteredDetector(one, filter)),
    });
  };
}

/** `host` and `service` are, by the specification, more than one of our detectors. */
function builtInDetectors(env: Environment): Readonly<Record<string, ReadComponent<ResourceDetector>>> {
  const platforms = PLATFORMS.map((name) => [name, () => () => new PlatformDetector(name, { env })] as const);
  return {
    ...Object.fromEntries(platforms),
    host: () => () => new JoinedDetector([new OSDetector(), new HostDetector({ env })]),
    os: () => () => new OSDetector(),
    process: () => () => new ProcessDetector(),
    service: () => () => new JoinedDetector([new ServiceInstanceIdDetector(), new ServiceNameDetector(env)]),
  };
}

/** `service.name` from `OTEL_SERVICE_NAME`. */
class ServiceNameDetector implements ResourceDetector {
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  detect(): DetectedResource {
    const name = readText(this.#env, "OTEL_SERVICE_NAME");
    return name === undefined ? {} : detected({ "service.name": name });
  }
}

class JoinedDetector implements ResourceDetector {
  readonly #detectors: readonly ResourceDetector[];

  constructor(detectors: readonly ResourceDetector[]) {
    this.#detectors = detectors;
  }

  detect(): DetectedResource {
    const parts = this.#detectors.map((detector) => detector.detect());
    const attributes = Object.assign({}, ...parts.map((part) => part.attributes)) as Record<string, unknown>;
    const schemaUrl = parts.find((part) => part.schemaUrl !== undefined)?.schemaUrl;
    return { attributes, ...(schemaUrl !== undefined && { schemaUrl }) };
  }
}

/** Lets through the attributes whose names pass. */
class FilteredDetector implements ResourceDetector {
  readonly #detector: ResourceDetector;
  readonly #passes: (name: string) => boolean;

  constructor(detector: ResourceDetector, passes: (name: string) => boolean) {
    this.#detector = detector;
    this.#passes = passes;
  }

  detect(): DetectedResource {
    const { attributes = {}, ...rest } = this.#detector.detect();
    const filtered =
      attributes instanceof Promise ? attributes.then((found) => this.#filter(found)) : this.#filter(attributes);
    return { ...rest, attributes: filtered };
  }

  #filter(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(attributes).filter(([name]) => this.#passes(name)));
  }
}
