/** Discovery against an API on loopback, in a time that only moves when told to. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { readWhole } from "../../schema/read.test-kit.ts";
import { ManualClock, until } from "../../collector.test-kit.ts";
import { componentSettings, type ComponentKit } from "../../component.test-kit.ts";
import type { Labels } from "../../relabel/labels.ts";
import type { Surroundings } from "./access.ts";
import { KubernetesApi, type AnyObject } from "./kubernetes-api.test-kit.ts";
import { kubernetesSd, kubernetesSource } from "./kubernetes-sd.ts";

export const GROUP_MS = 500;
/** The first of the delays that grow. */
export const FIRST_DELAY_MS = 800 * 1.5;
export const PODS = "/api/v1/pods";

/** Knows what is waited for. */
class KnowingClock extends ManualClock {
  // how long --> how many wait for so long
  readonly waiting = new Map<number, number>();

  override after(delayMs: number, task: () => void): () => void {
    const add = (by: number): void => void this.waiting.set(delayMs, (this.waiting.get(delayMs) ?? 0) + by);
    let isWaiting = true;
    const done = (): void => {
      if (isWaiting) add(-1);
      isWaiting = false;
    };
    add(1);
    const cancel = super.after(delayMs, () => {
      done();
      task();
    });
    return () => {
      done();
      cancel();
    };
  }

  /** Lets time go by once something waits for just so long. */
  async pass(delayMs: number): Promise<void> {
    await until(() => (this.waiting.get(delayMs) ?? 0) > 0);
    this.advance(delayMs);
  }
}

export class Fixture {
  readonly clock = new KnowingClock();
  readonly kit: ComponentKit = componentSettings("receiver", "prometheus", this.clock);
  readonly api = new KubernetesApi();
  readonly told: (readonly Labels[])[] = [];

  start(config: object, surroundings?: Surroundings): void {
    const source = kubernetesSource(read(config), this.kit.settings, surroundings);
    source.start((targets) => this.told.push(targets));
    onTestFinished(async () => {
      await source.stop();
      if (this.kit.reported.length > 0) throw new Error("errors were reported", { cause: this.kit.reported[0] });
    });
  }

  /** What is told next, as records. */
  async next(): Promise<Record<string, string>[]> {
    const before = this.told.length;
    while (this.told.length === before) await this.clock.pass(GROUP_MS);
    return this.told.at(-1)!.map((labels) => Object.fromEntries(labels));
  }

  async nextAddresses(): Promise<string[]> {
    return (await this.next()).map((labels) => labels["__address__"]!);
  }

  get errors(): string[] {
    return this.kit.lines.filter((line) => line.startsWith("error"));
  }
}

export async function setUp(objects: Record<string, readonly AnyObject[]> = {}): Promise<Fixture> {
  const fixture = new Fixture();
  for (const [path, some] of Object.entries(objects)) fixture.api.objects.set(path, some);
  await fixture.api.start();
  onTestFinished(() => fixture.api.stop());
  return fixture;
}

export const read = (config: object): ReturnType<typeof kubernetesSd.read> => readWhole(kubernetesSd, config);

export function folder(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), "clew-kubernetes-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text, { mode: 0o755 });
  return path;
}

export const at = (address: string): { __address__: string } => ({ __address__: address });

/** A pod of one port. */
export const pod = (name: string, ip: string, more: object = {}): AnyObject => ({
  metadata: { name, namespace: "shop" },
  spec: { containers: [{ name: "main", ports: [{ containerPort: 80 }] }] },
  status: { podIP: ip },
  ...more,
});
