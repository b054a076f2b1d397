/**
 * The targets of all services, told together. Answers come one by one, hundreds at the start: they are
 * gathered until each service has answered once, and later for a second, as each telling tells all.
 */
import type { DiscoverySettings } from "../discovery.ts";
import type { Labels } from "../../relabel/labels.ts";

/** Services that have not answered are waited for so long. */
const FIRST_ANSWERS_MS = 5_000;
/** Between two tellings. */
const REST_MS = 1_000;

export class ServiceTargets {
  readonly #settings: Pick<DiscoverySettings, "clock" | "report">;
  readonly #targets = new Map<string, readonly Labels[]>();
  readonly #expected = new Set<string>();
  #found: ((targets: readonly Labels[]) => void) | undefined;
  #isChanged = false;
  #cancelWait: (() => void) | undefined;
  #cancelRest: (() => void) | undefined;

  constructor(settings: Pick<DiscoverySettings, "clock" | "report">) {
    this.#settings = settings;
  }

  start(found: (targets: readonly Labels[]) => void): void {
    this.#found = found;
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#found = undefined;
    this.#cancelWait?.();
    this.#cancelRest?.();
  }

  /** `service` will answer or fail soon. */
  expect(service: string): void {
    this.#expected.add(service);
  }

  set(service: string, targets: readonly Labels[]): void {
    this.#expected.delete(service);
    this.#targets.set(service, targets);
    this.changed();
  }

  /** What is known of `service` stays. */
  failed(service: string): void {
    if (this.#expected.delete(service) && this.#isChanged) this.changed();
  }

  remove(service: string): void {
    this.#expected.delete(service);
    this.#targets.delete(service);
    this.changed();
  }

  /** Tells what is known, as soon as that is due. */
  changed(): void {
    this.#isChanged = true;
    if (this.#cancelRest !== undefined) return;
    if (this.#expected.size === 0) return this.#tell();
    this.#cancelWait ??= this.#settings.clock.after(FIRST_ANSWERS_MS, () => this.#tell());
  }

  #tell(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.#isChanged = false;
    this.#cancelRest?.();
    this.#cancelRest = this.#settings.clock.after(REST_MS, () => {
      this.#cancelRest = undefined;
      if (this.#isChanged) this.changed();
    });
    try {
      this.#found?.([...this.#targets.values()].flat());
    } catch (error) {
      this.#settings.report(error);
    }
  }
}
