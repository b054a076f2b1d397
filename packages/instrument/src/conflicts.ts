import { diag } from "@opentelemetry/api";
import { type PackageFile, versionIn } from "./hooks/package-file.ts";
import type { Report } from "./report.ts";

/** Where `@opentelemetry/api` keeps what was registered, with the version that registered first. */
const API_GLOBAL = Symbol.for("opentelemetry.js.api.1");
/** Packages that register providers of their own. */
const OTHER_SDKS: ReadonlySet<string> = new Set([
  "@opentelemetry/sdk-node",
  "@opentelemetry/auto-instrumentations-node",
  "@elastic/opentelemetry-node",
  "@sentry/node",
  "dd-trace",
  "newrelic",
  "elastic-apm-node",
]);

/** Notices, while the application loads its packages, what would leave it without telemetry or with two of it. */
export class Conflicts {
  readonly #report: Report;
  readonly #seen = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  onPackageFile({ package: name, directory }: PackageFile): void {
    const isApi = name === "@opentelemetry/api";
    if ((!isApi && !OTHER_SDKS.has(name)) || this.#seen.has(directory)) return;
    this.#seen.add(directory);
    if (isApi) this.#onApi(directory);
    else
      this.#warn(
        `another SDK, ${name}`,
        `${directory} was loaded; this one is registered already and stays, so remove one of the two`,
      );
  }

  /** Source: the API's own rule, by which a copy takes providers of the same major version and at least its minor. */
  #onApi(directory: string): void {
    const version = versionIn(directory);
    const { version: registered } = ((globalThis as Record<symbol, unknown>)[API_GLOBAL] ?? {}) as {
      readonly version?: string;
    };
    if (version === undefined || registered === undefined || canUse(version, registered)) return;
    this.#warn(
      `@opentelemetry/api ${version}`,
      `the copy in ${directory} cannot use what version ${registered} registered, so calls through it do nothing; ` +
        "have one version installed (npm ls @opentelemetry/api)",
    );
  }

  #warn(what: string, why: string): void {
    this.#report.tell("warning", what, why);
    diag.warn(`${what}: ${why}`);
  }
}

function canUse(copy: string, registered: string): boolean {
  const [copyMajor = 0, copyMinor = 0] = copy.split(".").map(Number);
  const [major = 0, minor = 0] = registered.split(".").map(Number);
  return copyMajor === major && copyMinor <= minor;
}
