/** What the labels of all roles are made by. */
import type { Labels } from "../../relabel/labels.ts";
import { labelNameOf } from "../target-labels.ts";
import type { KubernetesObject, NodeObject, ObjectMeta, PodObject, ServiceObject } from "./objects.ts";

export const PREFIX = "__meta_kubernetes_";
export const NAMESPACE = "__meta_kubernetes_namespace";
export const ADDRESS = "__address__";

/** Labels while they are put together. */
export type LabelRecord = Readonly<Record<string, string | undefined>>;

type ByKey<T> = ReadonlyMap<string, T>;

/** Objects by key, beside the one whose targets are made. What is not attached is undefined. */
export interface Known {
  readonly services?: ByKey<ServiceObject> | undefined;
  readonly pods?: ByKey<PodObject> | undefined;
  readonly nodes?: ByKey<NodeObject> | undefined;
  readonly namespaces?: ByKey<KubernetesObject> | undefined;
  readonly replicaSets?: ByKey<KubernetesObject> | undefined;
  readonly jobs?: ByKey<KubernetesObject> | undefined;
  /** Whether the name of a pod's job, and that of the job's cron job, are wanted. */
  readonly withJob: boolean;
  readonly withCronJob: boolean;
}

/** The object's name, labels and annotations, as those of `resource`. */
export function objectLabels(metadata: ObjectMeta | undefined, resource: string): LabelRecord {
  return { [`${PREFIX}${resource}_name`]: metadata?.name ?? "", ...labelsAndAnnotations(metadata, resource) };
}

export function nodeMetadata({ nodes }: Known, name: string | undefined): LabelRecord {
  const node = name === undefined ? undefined : nodes?.get(name);
  return node === undefined ? {} : objectLabels(node.metadata, "node");
}

export function namespaceMetadata({ namespaces }: Known, name: string | undefined): LabelRecord {
  return labelsAndAnnotations(namespaces?.get(name ?? "")?.metadata, "namespace");
}

function labelsAndAnnotations(metadata: ObjectMeta | undefined, resource: string): LabelRecord {
  return {
    ...prefixed(metadata?.labels, `${PREFIX}${resource}_label_`, `${PREFIX}${resource}_labelpresent_`),
    ...prefixed(metadata?.annotations, `${PREFIX}${resource}_annotation_`, `${PREFIX}${resource}_annotationpresent_`),
  };
}

/** Each under its own name, and `true` under its twin's. */
export function prefixed(
  values: Readonly<Record<string, string>> | undefined,
  prefix: string,
  presentPrefix: string,
): LabelRecord {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(values ?? {})) {
    labels[prefix + labelNameOf(name)] = value;
    labels[presentPrefix + labelNameOf(name)] = "true";
  }
  return labels;
}

/** The target's own labels win over those of its group. */
export function labelsOf(group: LabelRecord, target: LabelRecord): Labels {
  const labels = new Map<string, string>();
  for (const [name, value] of Object.entries({ ...group, ...target })) {
    if (value !== undefined) labels.set(name, value);
  }
  return labels;
}
