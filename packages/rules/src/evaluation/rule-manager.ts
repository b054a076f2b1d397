/** All rule groups: reads their files, evaluates them, and takes other files while it runs. */
import { ClewError, Turnstile } from "@clew/base";
import { readRuleFile } from "../file/read-rule-file.ts";
import { GroupSchedule } from "./group-schedule.ts";
import { type EvaluationSettings, RuleGroup } from "./rule-group.ts";

/** How often groups are evaluated that do not say it. */
const DEFAULT_INTERVAL_MS = 60_000;
/** Of all groups, so many rules are evaluated at once. */
const MAX_CONCURRENT_RULES = 2;
/** After so many intervals the series of a group that is no more are ended, unless another goes on with them. */
const INTERVALS_UNTIL_ENDED = 2;

export interface RuleFile {
  readonly path: string;
  readonly text: string;
}

export interface RuleManagerSettings extends Omit<EvaluationSettings, "inTurn"> {
  /** Reads all files anew. */
  readonly load: () => Promise<readonly RuleFile[]>;
  /** Called whenever there are other groups than before. */
  readonly onGroups?: (groups: readonly RuleGroup[]) => void;
  /** A minute where absent. */
  readonly defaultIntervalMs?: number | undefined;
}

export class RuleManager {
  readonly #settings: RuleManagerSettings;
  readonly #evaluation: EvaluationSettings;
  readonly #endings = new Set<() => void>();
  // key of the group --> what evaluates it
  #schedules = new Map<string, GroupSchedule>();
  #reloading: Promise<void> = Promise.resolve();
  #isRestored = false;
  #isStopped = false;

  private constructor(settings: RuleManagerSettings) {
    this.#settings = settings;
    const turnstile = new Turnstile(MAX_CONCURRENT_RULES);
    this.#evaluation = { ...settings, inTurn: (work) => turnstile.run(work) };
  }

  /** Rejects with `RULES_INVALID`, or as `load` does; nothing runs then. */
  static async start(settings: RuleManagerSettings): Promise<RuleManager> {
    const manager = new RuleManager(settings);
    await manager.reload();
    return manager;
  }

  /** By file, then by name. */
  get groups(): readonly RuleGroup[] {
    const groups = [...this.#schedules.values()].map(({ group }) => group);
    return groups.sort((a, b) => compareTexts(a.file, b.file) || compareTexts(a.name, b.name));
  }

  /**
   * Reads the files anew. Groups that are as they were go on; changed ones keep their alerts. Rejects with
   * `RULES_INVALID`, or as `load` does, where a file has faults: everything then stays as it was.
   */
  reload(): Promise<void> {
    const reloading = this.#reloading.then(() => this.#reload());
    this.#reloading = reloading.catch(() => {});
    return reloading;
  }

  /** Ends evaluation. No series is ended: they go on with the program's next start. Safe to call twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reloading;
    for (const cancel of this.#endings) cancel();
    await Promise.all([...this.#schedules.values()].map((schedule) => schedule.stop()));
  }

  async #reload(): Promise<void> {
    if (this.#isStopped) return;
    const groups = this.#groupsOf(await this.#settings.load());
    const old = this.#schedules;
    const next = new Map<string, GroupSchedule>();
    const started: GroupSchedule[] = [];
    for (const group of groups) {
      const before = old.get(group.key);
      old.delete(group.key);
      if (before?.group.isLike(group) === true) {
        next.set(group.key, before);
        continue;
      }
      await before?.stop();
      if (before !== undefined) group.takeOver(before.group);
      const schedule = new GroupSchedule(group, this.#settings.clock);
      next.set(group.key, schedule);
      started.push(schedule);
    }
    this.#schedules = next;
    this.#isRestored = true;
    for (const gone of old.values()) await this.#end(gone);
    for (const schedule of started) schedule.start();
    this.#settings.onGroups?.(this.groups);
  }

  /** A renamed group may go on with the series of the old one, which are ended only when it had the time to do so. */
  async #end(gone: GroupSchedule): Promise<void> {
    const { clock } = this.#settings;
    const timeMs = clock.nowMs();
    await gone.stop();
    const cancel = clock.after(INTERVALS_UNTIL_ENDED * gone.group.intervalMs, () => {
      this.#endings.delete(cancel);
      void gone.group.endSeries(timeMs);
    });
    this.#endings.add(cancel);
  }

  #groupsOf(files: readonly RuleFile[]): readonly RuleGroup[] {
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    const readings = [...texts].map(([path, text]) => ({ path, ...readRuleFile(text, this.#settings.features) }));
    const faults = readings.flatMap(({ path, errors }) => errors.map((error) => `${path}: ${error}`));
    if (faults.length > 0)
      throw new ClewError("RULES_INVALID", faults.join("\n"), { remedy: "clew check rules tells the same" });
    const defaultIntervalMs = this.#settings.defaultIntervalMs ?? DEFAULT_INTERVAL_MS;
    const shouldRestore = !this.#isRestored;
    return readings.flatMap(({ path, groups }) =>
      groups.map((group) => new RuleGroup(group, { file: path, defaultIntervalMs, shouldRestore }, this.#evaluation)),
    );
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
