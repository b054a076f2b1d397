/** Endpoints and endpoint slices alike: what the pods behind them add to their targets, and which targets of their own they are. */
import type { Labels } from "../../relabel/labels.ts";
import { addressOf } from "../target-labels.ts";
import { ADDRESS, labelsOf, type Known, type LabelRecord } from "./meta-labels.ts";
import { namespacedName, type ObjectReference, type PodObject } from "./objects.ts";
import { containerLabels, containersOf, podLabels, portLabels } from "./pod-targets.ts";

export class PodsBehind {
  readonly #known: Known;
  // The pods that were met --> the ports that have a target
  readonly #ports = new Map<PodObject, Set<number>>();

  constructor(known: Known) {
    this.#known = known;
  }

  /**
   * The labels of the pod that an address leads to, and of its container at `port`; none where it is no pod. `protocol` stands
   * for that of the container's port where it is given.
   */
  labelsAt(reference: ObjectReference | undefined, port: number | undefined, protocol?: string): LabelRecord {
    if (reference?.kind !== "Pod") return {};
    const pod = this.#known.pods?.get(namespacedName(reference.namespace, reference.name));
    if (pod === undefined) return {};
    const ports = this.#ports.get(pod) ?? new Set();
    this.#ports.set(pod, ports);
    if (port !== undefined) ports.add(port);
    let container: LabelRecord = {};
    for (const one of containersOf(pod)) {
      const found = one.container.ports?.find(({ containerPort }) => containerPort === port);
      if (found === undefined) continue;
      const shown = protocol === undefined ? found : { ...found, protocol };
      // The last container wins where several name the port.
      container = { ...containerLabels(one.container, one.isInit), ...portLabels(shown) };
    }
    return { ...podLabels(pod, this.#known), ...container };
  }

  /** Targets for the ports of these pods that no address led to. */
  others(group: LabelRecord): Labels[] {
    return [...this.#ports].flatMap(([pod, covered]) => {
      const ip = pod.status?.podIP ?? "";
      if (ip === "") return [];
      return containersOf(pod).flatMap(({ container, isInit }) =>
        (container.ports ?? [])
          .filter(({ containerPort }) => !covered.has(containerPort))
          .map((port) =>
            labelsOf(group, {
              [ADDRESS]: addressOf(ip, port.containerPort),
              ...containerLabels(container, isInit),
              ...portLabels(port),
              ...podLabels(pod, this.#known),
            }),
          ),
      );
    });
  }
}
