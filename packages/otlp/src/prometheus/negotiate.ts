/** Which of Prometheus's formats a scraper asks for. Source: Prometheus documentation, "Content negotiation". */
import { type Escaping, ESCAPINGS } from "./escaped-name.ts";

export type PrometheusFormat = "text" | "openmetrics" | "protobuf";

export interface Negotiated<Format extends PrometheusFormat = PrometheusFormat> {
  readonly format: Format;
  readonly escaping: Escaping;
  readonly contentType: string;
}

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

interface Accepted {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

interface Offer {
  readonly format: PrometheusFormat;
  readonly contentType: string;
}

/** The best of `offered` that the scraper knows; the text format, which all offer, where there is none. */
export function negotiate<Format extends PrometheusFormat>(
  accept: string | undefined,
  offered: readonly Format[],
): Negotiated<Format | "text"> {
  for (const accepted of parsed(accept ?? "")) {
    const offer = offerFor(accepted);
    const format = offered.find((one) => one === offer?.format);
    if (offer !== undefined && format !== undefined) return escapedAs(format, offer.contentType, accepted);
  }
  return escapedAs("text", TEXT, undefined);
}

function offerFor({ type, parameters }: Accepted): Offer | undefined {
  const version = parameters.get("version");
  switch (type) {
    case "application/vnd.google.protobuf":
      return parameters.get("proto") === "io.prometheus.client.MetricFamily" &&
        parameters.get("encoding") === "delimited"
        ? { format: "protobuf", contentType: PROTOBUF }
        : undefined;
    case "text/plain":
      return version === undefined || version === "0.0.4" ? { format: "text", contentType: TEXT } : undefined;
    case "application/openmetrics-text":
      return version === undefined || version === "1.0.0" || version === "0.0.1"
        ? { format: "openmetrics", contentType: openMetrics(version ?? "0.0.1") }
        : undefined;
    default:
      return undefined;
  }
}

function openMetrics(version: string): string {
  return `application/openmetrics-text; version=${version}; charset=utf-8`;
}

function escapedAs<Format extends PrometheusFormat>(
  format: Format,
  contentType: string,
  accepted: Accepted | undefined,
): Negotiated<Format> {
  const asked = accepted?.parameters.get("escaping");
  const escaping = ESCAPINGS.find((one) => one === asked) ?? "underscores";
  return { format, escaping, contentType: `${contentType}; escaping=${escaping}` };
}

/** By quality, and in the order given where that is the same. */
function parsed(accept: string): Accepted[] {
  return accept
    .split(",")
    .map(parsedPart)
    .filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality);
}

function parsedPart(part: string): Accepted {
  const [type = "", ...rest] = part.split(";").map((text) => text.trim());
  const parameters = new Map(
    rest.map((text): [string, string] => {
      const [name = "", value = ""] = text.split("=", 2);
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, "$1")];
    }),
  );
  const quality = Number(parameters.get("q") ?? 1);
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
}
