/** Which of Prometheus's formats a scraper asks for. */
import type { Escaping } from "./escaping.ts";

export interface Negotiated {
  readonly format: "text" | "openmetrics" | "protobuf";
  readonly contentType: string;
  readonly escaping: Escaping;
}

const PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
const ESCAPINGS: readonly Escaping[] = ["allow-utf-8", "underscores", "dots", "values"];

interface Accepted {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** The best that both know; the text format where there is none. */
export function negotiate(accept: string, knowsOpenMetrics: boolean): Negotiated {
  for (const accepted of parsed(accept)) {
    const found = formatOf(accepted, knowsOpenMetrics);
    if (found !== undefined) return withEscaping(found, accepted);
  }
  return withEscaping({ format: "text", contentType: "text/plain; version=0.0.4; charset=utf-8" }, undefined);
}

function formatOf(
  { type, parameters }: Accepted,
  knowsOpenMetrics: boolean,
): Pick<Negotiated, "format" | "contentType"> | undefined {
  const version = parameters.get("version");
  if (type === "application/vnd.google.protobuf") {
    const isOurs =
      parameters.get("proto") === "io.prometheus.client.MetricFamily" && parameters.get("encoding") === "delimited";
    return isOurs ? { format: "protobuf", contentType: PROTOBUF } : undefined;
  }
  if (type === "text/plain" && (version === undefined || version === "0.0.4"))
    return { format: "text", contentType: "text/plain; version=0.0.4; charset=utf-8" };
  if (type !== "application/openmetrics-text" || !knowsOpenMetrics) return undefined;
  if (version !== undefined && version !== "1.0.0" && version !== "0.0.1") return undefined;
  const shown = version === "1.0.0" ? "1.0.0" : "0.0.1";
  return { format: "openmetrics", contentType: `application/openmetrics-text; version=${shown}; charset=utf-8` };
}

function withEscaping(
  { format, contentType }: Pick<Negotiated, "format" | "contentType">,
  accepted: Accepted | undefined,
): Negotiated {
  const asked = accepted?.parameters.get("escaping");
  const escaping = ESCAPINGS.find((one) => one === asked) ?? "underscores";
  return { format, contentType: `${contentType}; escaping=${escaping}`, escaping };
}

/** By quality, and in the order given where that is the same. */
function parsed(accept: string): Accepted[] {
  return accept
    .split(",")
    .map((part) => {
      const [type = "", ...rest] = part.split(";").map((text) => text.trim());
      const parameters = new Map(
        rest.map((text) => {
          const [name = "", value = ""] = text.split("=", 2);
          return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, "$1")] as const;
        }),
      );
      const quality = Number(parameters.get("q") ?? 1);
      return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
}
