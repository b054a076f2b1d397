import { unquoted } from "./go-string.ts";
import { Labels, METRIC_NAME, quoted } from "./labels.ts";
import { parseError } from "./parse-error.ts";
import { TokenReader } from "./token-reader.ts";
import { mayNameMetric } from "./tokens.ts";

/** Reads a series' name and labels (`up{job="api"}`), which unlike a selector's matchers say what is. */
export class MetricParser extends TokenReader {
  /** All of the text. */
  parseMetric(): Labels {
    const labels = this.metric();
    if (this.peek.kind !== "eof") throw this.unexpected();
    return labels;
  }

  protected metric(): Labels {
    const name = mayNameMetric(this.peek) ? this.next().text : "";
    const labels = this.peek.kind === "{" ? this.#labelSet() : new Map<string, string>();
    if (name !== "") labels.set(METRIC_NAME, name);
    return Labels.from(labels);
  }

  #labelSet(): Map<string, string> {
    this.expect("{");
    const labels = new Map<string, string>();
    while (this.accept("}") === undefined) {
      const place = this.peek;
      const [name, value] = this.#label();
      // Prometheus reads this, but does not store it.
      if (labels.has(name)) throw parseError(this.query, place, `label name ${quoted(name)} is not unique`);
      labels.set(name, value);
      if (this.accept(",") === undefined && this.peek.kind !== "}") throw this.unexpected("label set", '"," or "}"');
    }
    return labels;
  }

  #label(): readonly [name: string, value: string] {
    const token = this.accept("identifier", "string");
    if (token === undefined) throw this.unexpected("label set", 'identifier or "}"');
    const isQuoted = token.kind === "string";
    const name = isQuoted ? unquoted(token.text) : token.text;
    if (this.accept("=") !== undefined) return [name, this.#value()];
    if (isQuoted && ["}", ","].includes(this.peek.kind)) return [METRIC_NAME, name];
    throw this.unexpected("label set", isQuoted ? '"," or "}"' : '"="');
  }

  #value(): string {
    const value = this.accept("string");
    if (value === undefined) throw this.unexpected("label set", "string");
    return unquoted(value.text);
  }
}
