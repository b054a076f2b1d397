/** One target for each path of an ingress. */
import type { Labels } from "../../relabel/labels.ts";
import {
  ADDRESS,
  NAMESPACE,
  PREFIX,
  labelsOf,
  namespaceMetadata,
  objectLabels,
  type Known,
  type LabelRecord,
} from "./meta-labels.ts";
import type { IngressObject } from "./objects.ts";

export function ingressTargets({ metadata, spec }: IngressObject, known: Known): Labels[] {
  const group: LabelRecord = {
    [NAMESPACE]: metadata?.namespace ?? "",
    [`${PREFIX}ingress_class_name`]: spec?.ingressClassName,
    ...objectLabels(metadata, "ingress"),
    ...namespaceMetadata(known, metadata?.namespace),
  };
  const tlsHosts = (spec?.tls ?? []).flatMap(({ hosts }) => hosts ?? []);
  return (spec?.rules ?? []).flatMap(({ host = "", http }) => {
    const scheme = tlsHosts.some((pattern) => isMatch(pattern, host)) ? "https" : "http";
    // A rule without `http` is for everything; one without paths is for nothing.
    const paths = http === undefined ? [""] : (http.paths ?? []).map(({ path }) => path ?? "");
    return paths.map((path) =>
      labelsOf(group, {
        [ADDRESS]: host,
        [`${PREFIX}ingress_scheme`]: scheme,
        [`${PREFIX}ingress_host`]: host,
        [`${PREFIX}ingress_path`]: path === "" ? "/" : path,
      }),
    );
  });
}

/** Whether they are equal, or the pattern's first part is `*` and the others are equal. */
function isMatch(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  const [first, ...wanted] = pattern.split(".");
  const [, ...rest] = host.split(".");
  return first === "*" && wanted.length === rest.length && wanted.every((part, i) => part === rest[i]);
}
