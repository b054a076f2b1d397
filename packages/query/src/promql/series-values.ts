import { HistogramDescriptionParser } from "./histogram-description.ts";
import { combine } from "./histogram-math.ts";
import type { MemorySample } from "./memory-querier.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import { parseError } from "./parse-error.ts";
import type { Token } from "./tokens.ts";

/** `undefined` is a gap. */
export type DescribedSample = MemorySample | undefined;

/** So many samples one item may stand for. */
const MAX_REPETITIONS = 1_000_000;

/** The tokens that an item may begin with. */
const STARTS: ReadonlySet<string> = new Set("_ identifier number + - {{".split(" "));

/** Reads the values of a described series: `1+2x5 _ stale {{schema:0 sum:1}}`. */
export class SeriesValuesParser extends HistogramDescriptionParser {
  /** All that is left of the text. */
  protected values(): readonly DescribedSample[] {
    if (this.peek.kind !== "space" && this.peek.kind !== "eof") this.failUnexpected();
    const items: (readonly DescribedSample[])[] = [];
    while (this.accept("eof") === undefined) {
      if (this.accept("space") === undefined) throw this.unexpected();
      if (this.peek.kind !== "eof") items.push(this.#item());
    }
    return items.flat();
  }

  #item(): readonly DescribedSample[] {
    if (!STARTS.has(this.peek.kind)) throw this.unexpected();
    if (this.accept("_") !== undefined) {
      return Array.from({ length: this.#repetitions() ?? 1 }, () => undefined);
    }
    if (this.peek.kind === "{{") return this.#histograms();
    if (this.peek.kind !== "identifier") return this.#numbers();
    if (this.peek.text !== "stale") throw this.unexpected("series values", 'number or "stale"');
    this.next();
    return ["stale"];
  }

  #numbers(): readonly number[] {
    let value = this.signedNumber();
    const isRun = this.#startsStep();
    const step = isRun ? this.signedNumber() : 0;
    const times = this.#repetitions();
    if (isRun && times === undefined) this.failUnexpected();
    return Array.from({ length: (times ?? 0) + 1 }, () => {
      const current = value;
      value += step;
      return current;
    });
  }

  #histograms(): readonly NativeHistogram[] {
    const all = [this.histogram()];
    const sign = this.accept("+", "-");
    const step = sign && this.histogram();
    const place = this.peekAfter;
    const times = this.#repetitions();
    if (step !== undefined && times === undefined) this.failUnexpected();
    let current = all[0]!;
    for (let i = 0; i < (times ?? 0); i++) {
      if (step !== undefined) current = this.#combined(current, step, sign?.kind === "-" ? -1 : 1, place);
      all.push(current);
    }
    return all;
  }

  #combined(current: NativeHistogram, step: NativeHistogram, factor: 1 | -1, place: Token): NativeHistogram {
    if (current.schema > step.schema) {
      const problem = `cannot merge from schema ${step.schema} to ${current.schema}`;
      throw parseError(this.query, place, `error combining histograms: ${problem}`);
    }
    const combined = combine(current, step, factor);
    if (combined !== undefined) return combined.histogram;
    const problem = "cannot apply this operation on histograms with a mix of exponential and custom bucket schemas";
    throw parseError(this.query, place, problem);
  }

  #startsStep(): boolean {
    return this.peek.kind === "+" || this.peek.kind === "-";
  }

  /** How often the item before is repeated: `x5`. */
  #repetitions(): number | undefined {
    if (this.accept("x") === undefined) return undefined;
    const token = this.peek;
    const times = this.wholeNumber();
    if (times <= MAX_REPETITIONS) return times;
    throw parseError(this.query, token, `more than ${MAX_REPETITIONS} samples: "x${token.text}"`);
  }
}
