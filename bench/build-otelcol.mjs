/**
 * The Go Collector to compare with: the one that OTELCOL names, or one built from its Go modules into a cache
 * directory by running this file, where Go is installed.
 *
 *     node bench/build-otelcol.mjs
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../scripts/set-up.mjs";

const VERSION = "0.165.0";
const CORE = "go.opentelemetry.io/collector";
const CONTRIB = "github.com/open-telemetry/opentelemetry-collector-contrib";
const DIRECTORY = join(ROOT, ".cache", `otelcol-${VERSION}`);
const PROGRAM = join(DIRECTORY, "otelcol");
const MANIFEST = `
dist: { name: otelcol, output_path: ${DIRECTORY}, version: ${VERSION} }
receivers: [{ gomod: ${CORE}/receiver/otlpreceiver v${VERSION} }]
exporters: [{ gomod: ${CORE}/exporter/otlpexporter v${VERSION} }, { gomod: ${CORE}/exporter/otlphttpexporter v${VERSION} }]
processors:
  - { gomod: ${CORE}/processor/batchprocessor v${VERSION} }
  - { gomod: ${CORE}/processor/memorylimiterprocessor v${VERSION} }
  - { gomod: ${CONTRIB}/processor/resourceprocessor v${VERSION} }
`;

/** Its path, undefined where there is none. */
export function findOtelcol() {
  return process.env.OTELCOL ?? (existsSync(PROGRAM) ? PROGRAM : undefined);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(DIRECTORY, { recursive: true });
  const manifest = join(DIRECTORY, "builder.yaml");
  writeFileSync(manifest, MANIFEST);
  const { status } = spawnSync("go", ["run", `${CORE}/cmd/builder@v${VERSION}`, "--config", manifest], {
    stdio: "inherit",
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  if (status === 0) console.log(`Built ${PROGRAM}`);
  process.exitCode = status ?? 1;
}
