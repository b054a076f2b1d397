import { retry, type RetryConfig } from "../../../export/sender-config.ts";
import { regExp } from "../../../schema/reg-exp.ts";
import {
  boolean,
  duration,
  field,
  list,
  map,
  oneOf,
  optional,
  section,
  string,
  type Fields,
  type Schema,
} from "../../../schema/schema.ts";

export const DETECTORS = ["env", "system", "docker", "heroku", "ec2", "ecs", "gcp", "azure"] as const;
export type DetectorName = (typeof DETECTORS)[number];

export type ResourceAttributes = Readonly<Record<string, { readonly enabled: boolean }>>;

export interface DetectorConfig {
  readonly resource_attributes: ResourceAttributes;
}

export interface SystemConfig extends DetectorConfig {
  readonly hostname_sources: readonly ("os" | "dns" | "cname" | "lookup")[];
}

export interface Ec2Config extends DetectorConfig {
  readonly tags: readonly RegExp[];
  readonly tags_from_imds: boolean;
}

export interface ResourceDetectionConfig {
  readonly detectors: readonly DetectorName[];
  readonly override: boolean;
  readonly timeout: number;
  readonly refresh_interval: number;
  readonly attributes: readonly string[] | undefined;
  readonly retry: RetryConfig;
  readonly env: DetectorConfig;
  readonly system: SystemConfig;
  readonly docker: DetectorConfig;
  readonly heroku: DetectorConfig;
  readonly ec2: Ec2Config;
  readonly ecs: DetectorConfig;
  readonly gcp: DetectorConfig;
  readonly azure: DetectorConfig;
}

const resourceAttributes: Schema<ResourceAttributes> = map(
  section<{ readonly enabled: boolean }>({ enabled: field(boolean, true, "Whether it is set.") }),
);

const own: Fields<DetectorConfig> = {
  resource_attributes: field(resourceAttributes, undefined, "Which attributes it sets, beside its defaults."),
};

const detector: Schema<DetectorConfig> = section<DetectorConfig>(own);

export const schema: Schema<ResourceDetectionConfig> = section<ResourceDetectionConfig>(
  {
    detectors: field(
      list(oneOf(...DETECTORS)),
      ["env"],
      "Who is asked, in this order; of an attribute the first that knows it counts.",
    ),
    override: field(boolean, true, "Whether what is detected stands in place of what the resource says."),
    timeout: field(duration, "5s", "How long each may take."),
    refresh_interval: field(duration, "0", "How often they are asked again; 0 asks once."),
    attributes: field(
      optional(list(string)),
      undefined,
      "Deprecated: the attributes that are kept; all where it is not written.",
    ),
    retry: field(
      retry,
      { initial_interval: "1s", multiplier: 2, max_elapsed_time: "0s" },
      "Attempts after the first, while the timeout lasts.",
    ),
    env: field(detector, undefined, "`OTEL_RESOURCE_ATTRIBUTES` of the collector."),
    system: field(
      section<SystemConfig>({
        hostname_sources: field(
          list(oneOf("os", "dns", "cname", "lookup")),
          ["dns", "os"],
          "Where `host.name` comes from; the first that knows it counts.",
        ),
        ...own,
      }),
      undefined,
      "The machine.",
    ),
    docker: field(detector, undefined, "The Docker daemon, over its socket."),
    heroku: field(detector, undefined, "Heroku's variables."),
    ec2: field(
      section<Ec2Config>({
        tags: field(list(regExp), undefined, "Tags of the instance that become `ec2.tag.…`; needs `tags_from_imds`."),
        tags_from_imds: field(boolean, false, "Whether tags are read from the instance's metadata."),
        ...own,
      }),
      undefined,
      "Amazon EC2's instance metadata.",
    ),
    ecs: field(detector, undefined, "Amazon ECS's task metadata."),
    gcp: field(detector, undefined, "Google Cloud's metadata server."),
    azure: field(detector, undefined, "Azure's instance metadata."),
  },
  (config, place) => {
    if (config.detectors.length === 0) place.at("detectors").problem("at least one detector must be specified");
    if (config.timeout <= 0) place.at("timeout").problem("timeout must be greater than zero");
    if (config.ec2.tags.length > 0 && !config.ec2.tags_from_imds)
      place
        .at("ec2")
        .at("tags")
        .problem("tags can only be read from the instance's metadata", "set tags_from_imds: true");
  },
);
