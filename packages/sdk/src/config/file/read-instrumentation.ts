/** Reads `instrumentation/development`: what holds for all languages, and what is said of JavaScript. */
import type { Section } from "./section.ts";

/** Of one side of HTTP. */
export interface HttpInstrumentationConfig {
  readonly requestCapturedHeaders?: readonly string[];
  readonly responseCapturedHeaders?: readonly string[];
  /** In the place of the known methods. */
  readonly knownMethods?: readonly string[];
}

export interface InstrumentationConfig {
  readonly httpClient: HttpInstrumentationConfig;
  readonly httpServer: HttpInstrumentationConfig;
  /** In the place of the query parameters whose values are hidden. */
  readonly sensitiveQueryParameters?: readonly string[];
  /** By the name of the instrumentation: whether it is on. */
  readonly enabled: ReadonlyMap<string, boolean>;
}

/** The semantic conventions that instrumentations follow: the stable ones of what has them. */
const SEMCONV_VERSION = 1;
const DOMAINS = ["code", "db", "gen_ai", "messaging", "rpc"] as const;
const OTHER_LANGUAGES = ["cpp", "dotnet", "erlang", "go", "java", "php", "python", "ruby", "rust", "swift"] as const;

export function readInstrumentation(section: Section): InstrumentationConfig {
  for (const language of OTHER_LANGUAGES) section.any(language);
  const js = section.section("js");
  const general = section.section("general")?.read(readGeneral);
  return { httpClient: {}, httpServer: {}, ...general, enabled: js === undefined ? new Map() : readJs(js) };
}

function readGeneral(section: Section): Omit<InstrumentationConfig, "enabled"> {
  for (const domain of DOMAINS) section.section(domain)?.read(readSemconv);
  noteDuplicates(section);
  const http = section.section("http")?.read((one) => {
    readSemconv(one);
    return { httpClient: readSide(one.section("client")), httpServer: readSide(one.section("server")) };
  });
  const parameters = section
    .section("sanitization")
    ?.read((one) => one.section("url")?.read((url) => url.texts("sensitive_query_parameters", 0)));
  return {
    httpClient: {},
    httpServer: {},
    ...http,
    ...(parameters !== undefined && { sensitiveQueryParameters: parameters }),
  };
}

function readSide(section: Section | undefined): HttpInstrumentationConfig {
  if (section === undefined) return {};
  return section.read((one) => {
    const requestCapturedHeaders = one.texts("request_captured_headers");
    const responseCapturedHeaders = one.texts("response_captured_headers");
    const knownMethods = one.texts("known_methods", 0);
    return {
      ...(requestCapturedHeaders !== undefined && { requestCapturedHeaders }),
      ...(responseCapturedHeaders !== undefined && { responseCapturedHeaders }),
      ...(knownMethods !== undefined && { knownMethods }),
    };
  });
}

function readSemconv(section: Section): void {
  section.section("semconv")?.read((semconv) => {
    const version = semconv.integer("version", { least: 0 });
    if (version !== undefined && version !== SEMCONV_VERSION) {
      semconv.note("version", `is ${version}: version ${SEMCONV_VERSION} is emitted`, "warning");
    }
    semconv.boolean("experimental");
    if (semconv.boolean("dual_emit") === true) {
      semconv.note(
        "dual_emit",
        "has no effect: the conventions from before the stable ones are not emitted",
        "warning",
      );
    }
  });
}

function noteDuplicates(section: Section): void {
  const duplicated = (section.text("stability_opt_in_list") ?? "").split(",").filter((one) => /\/dup\s*$/.test(one));
  if (duplicated.length === 0) return;
  const names = duplicated.map((one) => one.trim()).join(", ");
  section.note("stability_opt_in_list", `${names}: only the stable conventions are emitted`, "warning");
}

/** Each key is the name of an instrumentation. */
function readJs(section: Section): ReadonlyMap<string, boolean> {
  const enabled = new Map<string, boolean>();
  for (const name of Object.keys(section.properties)) {
    const one = section.section(name);
    const isEnabled = one?.boolean("enabled");
    if (isEnabled !== undefined) enabled.set(name, isEnabled);
    for (const other of Object.keys(one?.properties ?? {})) {
      if (other !== "enabled") one?.note(other, "is not known here, so it has no effect: expected enabled", "warning");
    }
  }
  return enabled;
}
