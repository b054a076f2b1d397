import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as compat from "./index.ts";
import { OFFICIAL_PACKAGES } from "./official-packages.ts";

const NO_NEED = "an inner part, of use to its own package only";

/** What the official packages export and we do not, and why. A name that is neither exported nor here fails. */
const LEFT_OUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "sdk-trace": { StackContextManager: "for browsers: it does not follow promises and timers" },
  "exporter-metrics-otlp-http": { OTLPMetricExporterBase: NO_NEED },
  "exporter-prometheus": { PrometheusSerializer: NO_NEED },
  "exporter-zipkin": { prepareSend: NO_NEED },
};

/** Those of the packages that are not among the development dependencies; they are small. */
const NOT_INSTALLED = new Set<string>([
  "propagator-aws-xray",
  "propagator-aws-xray-lambda",
  "propagator-ot-trace",
  "sampler-jaeger-remote",
]);

async function namesOf(specifier: string): Promise<string[]> {
  const module = (await import(specifier)) as object;
  return Object.keys(module).filter((name) => !["default", "__esModule", "module.exports"].includes(name));
}

/** The enums of a module, and other objects of constants. */
async function constantsOf(specifier: string): Promise<Record<string, object>> {
  const module = (await import(specifier)) as Record<string, unknown>;
  const isConstant = (value: unknown): value is object =>
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every((one) => typeof one === "string" || typeof one === "number");
  return Object.fromEntries(
    Object.entries(module).filter(
      (entry): entry is [string, object] => isConstant(entry[1]) && entry[0] !== "SDK_INFO",
    ),
  );
}

describe.each(OFFICIAL_PACKAGES.filter((name) => !NOT_INSTALLED.has(name)))("in the place of %s", (name) => {
  test("there is everything that the official package exports, but for what is left out on purpose", async () => {
    const [official, ours] = await Promise.all([namesOf(`@opentelemetry/${name}`), namesOf(`./official/${name}.ts`)]);
    expect(official.length).toBeGreaterThan(0);
    expect(official.filter((one) => !ours.includes(one)).toSorted()).toEqual(
      Object.keys(LEFT_OUT[name] ?? {}).toSorted(),
    );
  });

  test("its enums have the same names and numbers, either way", async () => {
    const official = await constantsOf(`@opentelemetry/${name}`);
    const ours = await constantsOf(`./official/${name}.ts`);
    expect(Object.fromEntries(Object.keys(official).map((one) => [one, ours[one]]))).toEqual(official);
  });
});

test("every package that is stood in for has a module", () => {
  const missing = OFFICIAL_PACKAGES.filter(
    (name) => !existsSync(fileURLToPath(new URL(`./official/${name}.ts`, import.meta.url))),
  );
  expect(missing).toEqual([]);
});

test("the one module has the names of all packages", async () => {
  const all = await Promise.all(OFFICIAL_PACKAGES.map((name) => namesOf(`./official/${name}.ts`)));
  expect([...new Set(all.flat())].filter((name) => !(name in compat))).toEqual([]);
});
