import { otlpGrpcFields, type OtlpGrpcConfig } from "../../../export/otlp-grpc-config.ts";
import { queue, retryFields, type SenderConfig } from "../../../export/sender-config.ts";
import {
  anything,
  boolean,
  duration,
  field,
  integer,
  list,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";
import type { Place } from "../../../schema/place.ts";

export const ROUTING_KEYS = ["service", "traceID", "metric", "resource", "streamID", "attributes"] as const;
export type RoutingKey = (typeof ROUTING_KEYS)[number];

export interface DnsConfig {
  readonly hostname: string;
  readonly port: string;
  readonly interval: number;
  readonly timeout: number;
}

export interface KubernetesConfig {
  readonly service: string;
  readonly ports: readonly number[];
  readonly timeout: number;
  readonly return_hostnames: boolean;
}

interface ResolverConfig {
  readonly static: { readonly hostnames: readonly string[] } | undefined;
  readonly dns: DnsConfig | undefined;
  readonly k8s: KubernetesConfig | undefined;
  readonly aws_cloud_map: unknown;
}

export interface LoadBalancingConfig {
  readonly protocol: { readonly otlp: OtlpGrpcConfig };
  readonly resolver: ResolverConfig;
  readonly routing_key: RoutingKey | "";
  readonly routing_attributes: readonly string[];
  readonly timeout: number;
  readonly retry_on_failure: SenderConfig["retry_on_failure"];
  readonly sending_queue: SenderConfig["sending_queue"] | undefined;
}

const otlp: Schema<OtlpGrpcConfig> = section<OtlpGrpcConfig>({
  ...otlpGrpcFields,
  endpoint: field(string, "", "Accepted; each endpoint is the resolver's."),
});

const dns: Schema<DnsConfig> = section<DnsConfig>(
  {
    hostname: field(string, "", "The name to resolve. Required."),
    port: field(string, "4317", "The port of every address."),
    interval: field(duration, "5s", "How often it is resolved."),
    timeout: field(duration, "1s", "How long that may take."),
  },
  ({ hostname }, place) => required(hostname, "no hostname specified to resolve the backends", place.at("hostname")),
);

const kubernetes: Schema<KubernetesConfig> = section<KubernetesConfig>(
  {
    service: field(string, "", "The service, `name.namespace`; without a namespace, in ours. Required."),
    ports: field(list(integer(1, 65_535)), [4317], "The ports; each of each address is an endpoint."),
    timeout: field(duration, "1s", "How long a request to the API server may take."),
    return_hostnames: field(boolean, false, "Whether pods are addressed by name, as those of a StatefulSet can be."),
  },
  ({ service }, place) => required(service, "no service specified to resolve the backends", place.at("service")),
);

const resolver: Schema<ResolverConfig> = section<ResolverConfig>(
  {
    static: field(
      optional(
        section({ hostnames: field(list(string), undefined, "The endpoints; port 4317 unless it is written.") }),
      ),
      undefined,
      "A fixed list.",
    ),
    dns: field(optional(dns), undefined, "All addresses of a name."),
    k8s: field(optional(kubernetes), undefined, "The pods of a Kubernetes service."),
    aws_cloud_map: field(anything, undefined, "Refused: not there yet."),
  },
  (config, place) => {
    const given = [config.static, config.dns, config.k8s, config.aws_cloud_map].filter((one) => one !== undefined);
    if (config.aws_cloud_map !== undefined)
      place.at("aws_cloud_map").problem("Cloud Map is not asked yet", "use `dns`: Cloud Map answers over it too");
    if (given.length === 0) place.problem("no resolvers specified for the exporter", "add `static`, `dns` or `k8s`");
    if (given.length > 1) place.problem("only one resolver should be specified");
    if (config.static?.hostnames.length === 0)
      place.at("static").problem("no hostnames specified", "list the endpoints below `hostnames`");
  },
);

function required(value: string, problem: string, place: Place): void {
  if (value === "") place.problem(problem);
}

export const schema: Schema<LoadBalancingConfig> = section<LoadBalancingConfig>(
  {
    protocol: field(section({ otlp: field(otlp, undefined, "How each is sent to.") }), undefined, "How to send."),
    resolver: field(resolver, undefined, "Where to send. One of them is required."),
    routing_key: field(
      oneOf("", ...ROUTING_KEYS),
      "",
      "What goes to one endpoint together: for metrics `service` by default, else `traceID`.",
    ),
    routing_attributes: field(
      list(string),
      undefined,
      "With the key `attributes`: those of the resource, else of the span or log record; `span.name` and `span.kind` too.",
    ),
    timeout: field(duration, "0s", "How long an attempt to deliver to all endpoints may take; 0 is without end."),
    retry_on_failure: field(
      section({
        ...retryFields,
        enabled: field(boolean, false, "Whether what failed is routed anew and tried again."),
      }),
      undefined,
      "Attempts of the whole, beside those for each endpoint.",
    ),
    sending_queue: field(optional(queue), undefined, "A queue before the endpoints; theirs are off then."),
  },
  ({ routing_key: key, routing_attributes: attributes }, place) => {
    if (key === "attributes" && attributes.length === 0)
      place.at("routing_attributes").problem("routing_attributes must not be empty with routing_key attributes");
  },
);
