/** What Prometheus's `kubernetes_sd_configs` say. */
import { plainOf } from "../../schema/expanded.ts";
import type { Place } from "../../schema/place.ts";
import { boolean, field, list, optional, section, string, type Fields, type Schema } from "../../schema/schema.ts";
import { checkHttpClient, httpClientFields, type HttpClientConfig } from "../../http-client/http-client-config.ts";
import { baseUrl, defaultHttpClient } from "./access.ts";
import { fieldSelectorProblem, labelSelectorProblem } from "./selector-syntax.ts";

const ROLES = ["pod", "service", "endpoints", "endpointslice", "node", "ingress"] as const;
export type Role = (typeof ROLES)[number];

/** Which objects of a kind are looked at. */
interface SelectorConfig {
  readonly role: Role | undefined;
  readonly label: string;
  readonly field: string;
}

interface NamespacesConfig {
  readonly own_namespace: boolean;
  readonly names: readonly string[];
}

interface AttachMetadataConfig {
  readonly node: boolean;
  readonly namespace: boolean;
  readonly deployment: boolean;
  readonly job: boolean;
  readonly cronjob: boolean;
}

export interface KubernetesSdConfig extends HttpClientConfig {
  readonly api_server: string | undefined;
  readonly role: Role;
  readonly kubeconfig_file: string | undefined;
  readonly namespaces: NamespacesConfig;
  readonly selectors: readonly SelectorConfig[];
  readonly attach_metadata: AttachMetadataConfig;
}

/** The kinds that selectors of a role may be for. */
const SELECTABLE: Readonly<Record<Role, readonly Role[]>> = {
  pod: ["pod", "node"],
  service: ["service"],
  endpointslice: ["pod", "service", "endpointslice"],
  endpoints: ["pod", "service", "endpoints"],
  node: ["node"],
  ingress: ["ingress"],
};

const role: Schema<Role> = {
  type: ROLES.map((one) => `\`${one}\``).join(", "),
  json: { enum: ROLES },
  read(raw, place) {
    const value = plainOf(raw) ?? undefined;
    const found = ROLES.find((one) => one === value);
    if (found !== undefined) return found;
    if (value === undefined) place.problem(`role missing (one of: ${ROLES.join(", ")})`);
    else place.problem(`unknown Kubernetes SD role ${JSON.stringify(value)}`);
    return ROLES[0];
  },
};

const selector: Schema<SelectorConfig> = section<SelectorConfig>({
  role: field(optional(role), undefined, "The kind of object."),
  label: field(string, "", "What its labels must be, as `kubectl --selector` has it."),
  field: field(string, "", "What its fields must be, as `kubectl --field-selector` has it."),
});

const namespaces: Schema<NamespacesConfig> = section<NamespacesConfig>({
  own_namespace: field(boolean, false, "Whether the namespace that the collector runs in is among them."),
  names: field(list(string), undefined, "The namespaces; all where none is named."),
});

const attachMetadata: Schema<AttachMetadataConfig> = section<AttachMetadataConfig>({
  node: field(boolean, false, "Whether targets get the labels of their pod's node."),
  namespace: field(boolean, false, "Whether they get those of their namespace."),
  deployment: field(boolean, false, "Whether they get the name of their pod's deployment."),
  job: field(boolean, false, "Whether they get the name of its job."),
  cronjob: field(boolean, false, "Whether they get the name of its cron job."),
});

const fields: Fields<KubernetesSdConfig> = {
  api_server: field(
    optional(string),
    undefined,
    "Where the API is; where neither this nor a kubeconfig is named, that of the cluster that the collector runs in.",
  ),
  role: field(role, undefined, "What is a target."),
  kubeconfig_file: field(optional(string), undefined, "A kubeconfig that says where the API is and who we are."),
  namespaces: field(namespaces, undefined, "Where targets are looked for."),
  selectors: field(list(selector), undefined, "Which objects are looked at."),
  attach_metadata: field(attachMetadata, undefined, "What else targets get labels of."),
  ...httpClientFields,
};

export const kubernetesSd: Schema<KubernetesSdConfig> = section<KubernetesSdConfig>(fields, (config, place) => {
  checkHttpClient(config, place);
  checkConnection(config, place);
  checkSelectors(config, place.at("selectors"));
});

function checkConnection(config: KubernetesSdConfig, place: Place): void {
  const { api_server, kubeconfig_file, namespaces: where } = config;
  const hasApiServer = api_server !== undefined;
  const hasKubeconfig = kubeconfig_file !== undefined && kubeconfig_file !== "";
  if (hasApiServer && hasKubeconfig) place.problem("cannot use 'kubeconfig_file' and 'api_server' simultaneously");
  else if (hasKubeconfig && isCustomClient(config)) {
    place.problem("cannot use a custom HTTP client configuration together with 'kubeconfig_file'");
  } else if (!hasApiServer && isCustomClient(config)) {
    place.problem("to use custom HTTP client configuration please provide the 'api_server' URL explicitly");
  }
  if (hasApiServer && !isUrl(api_server)) place.at("api_server").problem(`${JSON.stringify(api_server)} is no URL`);
  if (!where.own_namespace) return;
  if (hasApiServer) place.problem("cannot use 'api_server' and 'namespaces.own_namespace' simultaneously");
  if (hasKubeconfig) place.problem("cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
}

function isUrl(server: string): boolean {
  try {
    return baseUrl(server, "http") !== "";
  } catch {
    return false;
  }
}

function isCustomClient(config: KubernetesSdConfig): boolean {
  const keys = Object.keys(httpClientFields) as (keyof HttpClientConfig)[];
  return keys.some((key) => JSON.stringify(config[key]) !== JSON.stringify(defaultHttpClient[key]));
}

function checkSelectors(config: KubernetesSdConfig, place: Place): void {
  const allowed = SELECTABLE[config.role];
  const seen = new Set<Role | undefined>();
  for (const [i, one] of config.selectors.entries()) {
    const at = place.at(i);
    if (seen.has(one.role)) at.problem(`duplicated selector role: ${one.role ?? ""}`);
    seen.add(one.role);
    if (one.role === undefined || !allowed.includes(one.role)) {
      at.problem(`${config.role} role supports only ${allowed.join(", ")} selectors`);
    }
    for (const what of [fieldSelectorProblem(one.field), labelSelectorProblem(one.label)]) {
      if (what !== undefined) at.problem(what);
    }
  }
}
