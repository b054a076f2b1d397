/** What nobody is to be told of for a while. */
import { randomUUID } from "node:crypto";
import { ClewError, type Clock, messageOf } from "@clew/base";
import { type Labels, type LabelMatcher, labelsTest, labelTest } from "@clew/query";
import type { StateFile } from "./state-file.ts";

export interface Silence {
  readonly id: string;
  readonly matchers: readonly LabelMatcher[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly updatedAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

export type SilenceState = "active" | "pending" | "expired";

/** A silence as somebody wants it; with the id of one that there is, a change of that. */
export type WantedSilence = Omit<Silence, "id" | "updatedAtMs"> & { readonly id: string | undefined };

/** So many that are not expired. */
const MAX_SILENCES = 10_000;
/** Expired ones are kept for so long, to be looked at. */
const RETENTION_MS = 5 * 86_400_000;

/** A silence that cannot be made, or is not there; the text is Alertmanager's. */
export class SilenceError extends Error {
  override readonly name: string = "SilenceError";
  readonly isNotFound: boolean;

  constructor(text: string, isNotFound = false) {
    super(text);
    this.isNotFound = isNotFound;
  }
}

export class Silences {
  readonly #clock: Clock;
  readonly #file: StateFile;
  readonly #silences = new Map<string, Silence>();
  readonly #tests = new WeakMap<Silence, (labels: Labels) => boolean>();
  #saving: Promise<void> = Promise.resolve();

  private constructor(clock: Clock, file: StateFile) {
    this.#clock = clock;
    this.#file = file;
  }

  /** With those that were kept. Rejects where the file is none of ours. */
  static async open(clock: Clock, file: StateFile): Promise<Silences> {
    const silences = new Silences(clock, file);
    const text = await file.read();
    const kept = text === undefined ? [] : (JSON.parse(text) as readonly Silence[]);
    for (const silence of kept) silences.#silences.set(silence.id, silence);
    return silences;
  }

  /** Active ones first, then those to come, then expired ones. */
  get all(): readonly Silence[] {
    const order: readonly SilenceState[] = ["active", "pending", "expired"];
    const rank = (silence: Silence): number => order.indexOf(this.stateOf(silence));
    return [...this.#silences.values()].sort((a, b) => rank(a) - rank(b) || a.endsAtMs - b.endsAtMs);
  }

  get(id: string): Silence | undefined {
    return this.#silences.get(id);
  }

  stateOf({ startsAtMs, endsAtMs }: Silence): SilenceState {
    const nowMs = this.#clock.nowMs();
    if (endsAtMs <= nowMs) return "expired";
    return startsAtMs > nowMs ? "pending" : "active";
  }

  /** The silences that hold for an alert now. */
  of(labels: Labels): readonly Silence[] {
    return [...this.#silences.values()].filter(
      (silence) => this.stateOf(silence) === "active" && this.#testOf(silence)(labels),
    );
  }

  /** Resolves to the silence's id when it is kept. Rejects with a `SilenceError`, or as the file does. */
  async set(wanted: WantedSilence): Promise<string> {
    const nowMs = this.#clock.nowMs();
    if (wanted.startsAtMs >= wanted.endsAtMs)
      throw new SilenceError("Failed to create silence: start time must be before end time");
    if (wanted.endsAtMs < nowMs) throw new SilenceError("Failed to create silence: end time can't be in the past");
    check(wanted);
    const before = wanted.id === undefined ? undefined : this.#silences.get(wanted.id);
    if (wanted.id !== undefined && before === undefined) throw new SilenceError("silence not found", true);
    const changes = before !== undefined && this.#canChange(before, wanted);
    if (!changes && this.#active() >= MAX_SILENCES)
      throw new SilenceError(`exceeded maximum number of silences: ${this.#active()} (limit: ${MAX_SILENCES})`);
    if (before !== undefined && !changes && this.stateOf(before) !== "expired")
      this.#silences.set(before.id, { ...before, endsAtMs: nowMs, updatedAtMs: nowMs });
    const id = changes ? before.id : randomUUID();
    const startsAtMs = changes ? wanted.startsAtMs : Math.max(wanted.startsAtMs, nowMs);
    this.#silences.set(id, { ...wanted, id, startsAtMs, updatedAtMs: nowMs });
    await this.#save();
    return id;
  }

  /** Ends it now. Rejects with a `SilenceError`, or as the file does. */
  async expire(id: string): Promise<void> {
    const silence = this.#silences.get(id);
    if (silence === undefined) throw new SilenceError("silence not found", true);
    const state = this.stateOf(silence);
    if (state === "expired") throw new SilenceError(`silence ${id} already expired`);
    const nowMs = this.#clock.nowMs();
    const startsAtMs = Math.min(silence.startsAtMs, nowMs);
    this.#silences.set(id, { ...silence, startsAtMs, endsAtMs: nowMs, updatedAtMs: nowMs });
    await this.#save();
  }

  /** A silence that holds goes on when only its end, comment or author differ; one that is over, never. */
  #canChange(before: Silence, wanted: WantedSilence): boolean {
    if (JSON.stringify(before.matchers) !== JSON.stringify(wanted.matchers)) return false;
    const state = this.stateOf(before);
    if (state === "active") return Math.floor(before.startsAtMs / 1000) === Math.floor(wanted.startsAtMs / 1000);
    return state === "pending" && wanted.startsAtMs >= this.#clock.nowMs();
  }

  #active(): number {
    return [...this.#silences.values()].filter((silence) => this.stateOf(silence) !== "expired").length;
  }

  #testOf(silence: Silence): (labels: Labels) => boolean {
    const known = this.#tests.get(silence) ?? labelsTest(silence.matchers);
    this.#tests.set(silence, known);
    return known;
  }

  /** One write at a time, and each has everything. */
  #save(): Promise<void> {
    const saving = this.#saving.then(() => {
      const nowMs = this.#clock.nowMs();
      for (const { id, endsAtMs } of this.#silences.values())
        if (nowMs - endsAtMs > RETENTION_MS) this.#silences.delete(id);
      return this.#file.write(JSON.stringify([...this.#silences.values()]));
    });
    this.#saving = saving.catch(() => {});
    return saving;
  }
}

function check({ matchers }: WantedSilence): void {
  if (matchers.length === 0) throw new SilenceError("invalid silence: at least one matcher required");
  matchers.forEach(({ name, operator, value }, i) => {
    if (name === "") throw new SilenceError(`invalid silence: invalid label matcher ${i}: invalid label name ""`);
    try {
      labelTest({ name, operator, value });
    } catch (error) {
      const reason = error instanceof ClewError ? error.what : messageOf(error);
      const problem = `invalid regular expression ${JSON.stringify(value)}: ${reason}`;
      throw new SilenceError(`invalid silence: invalid label matcher ${i}: ${problem}`);
    }
  });
  if (matchers.every((matcher) => labelTest(matcher)("")))
    throw new SilenceError("invalid silence: at least one matcher must not match the empty string");
}
