/** Which of Prometheus's formats a scraper asks for. Source: Prometheus documentation, "Content negotiation". */

/** How names are written for a scraper that does not know all characters. */
export type Escaping = "allow-utf-8" | "underscores" | "dots" | "values";

export interface Negotiated {
  readonly format: "text" | "openmetrics";
  readonly escaping: Escaping;
  readonly contentType: string;
}

const ESCAPINGS: readonly Escaping[] = ["allow-utf-8", "underscores", "dots", "values"];
const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

interface Accepted {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** The best that both know; the text format where there is none. */
export function negotiate(accept: string | undefined): Negotiated {
  for (const { type, parameters } of accepted(accept ?? "")) {
    const version = parameters.get("version");
    const escaping = ESCAPINGS.find((one) => one === parameters.get("escaping")) ?? "underscores";
    if (type === "application/openmetrics-text" && (version === undefined || version === "1.0.0")) {
      return { format: "openmetrics", escaping, contentType: `${OPEN_METRICS}; escaping=${escaping}` };
    }
    if (type === "text/plain" && (version === undefined || version === "0.0.4")) {
      return { format: "text", escaping, contentType: `${TEXT}; escaping=${escaping}` };
    }
  }
  return { format: "text", escaping: "underscores", contentType: TEXT };
}

/** By quality, and in the order given where that is the same. */
function accepted(accept: string): Accepted[] {
  return accept
    .split(",")
    .map(parsed)
    .filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality);
}

function parsed(part: string): Accepted {
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
