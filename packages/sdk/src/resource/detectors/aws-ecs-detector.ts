import { hostname } from "node:os";
import { httpFetch } from "../../common/http-fetch.ts";
import { readText } from "../../config/environment.ts";
import { type DetectorConfig, detected, METADATA_TIMEOUT_MS, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";
import { containerId } from "./container-detector.ts";

type Attributes = Record<string, string | readonly string[] | undefined>;

interface ContainerMetadata {
  readonly ContainerARN?: string;
  readonly LogDriver?: string;
  readonly LogOptions?: Readonly<Record<string, string>>;
}

interface TaskMetadata {
  readonly AvailabilityZone?: string;
  readonly Cluster?: string;
  readonly Family?: string;
  readonly LaunchType?: string;
  readonly Revision?: string;
  readonly TaskARN?: string;
}

/** `aws.ecs.*`, `container.*` and `cloud.*` of an ECS task, from its metadata endpoint, version 4. */
export class AwsEcsDetector implements ResourceDetector {
  readonly #config: DetectorConfig;

  constructor(config: DetectorConfig = {}) {
    this.#config = config;
  }

  detect(): DetectedResource {
    const { env = process.env } = this.#config;
    const url = readText(env, "ECS_CONTAINER_METADATA_URI_V4");
    const isOnEcs = url !== undefined || readText(env, "ECS_CONTAINER_METADATA_URI") !== undefined;
    return isOnEcs ? detected(this.#detect(url)) : {};
  }

  async #detect(url: string | undefined): Promise<Attributes> {
    const own = {
      "cloud.provider": "aws",
      "cloud.platform": "aws_ecs",
      "container.name": hostname(),
      "container.id": await containerId(this.#config.root),
    };
    if (url === undefined) return own;
    const [container, task] = await Promise.all([
      fetchJson<ContainerMetadata>(url),
      fetchJson<TaskMetadata>(`${url}/task`),
    ]);
    return { ...own, ...taskAttributes(container, task), ...logAttributes(container) };
  }
}

async function fetchJson<Answer>(url: string): Promise<Answer> {
  return JSON.parse((await httpFetch(url, { timeoutMs: METADATA_TIMEOUT_MS })).body) as Answer;
}

function taskAttributes({ ContainerARN }: ContainerMetadata, task: TaskMetadata): Attributes {
  const taskArn = task.TaskARN ?? "";
  const cluster = task.Cluster ?? "";
  const { region, account } = partsOf(taskArn);
  return {
    "aws.ecs.container.arn": ContainerARN,
    "aws.ecs.cluster.arn": cluster.startsWith("arn:")
      ? cluster
      : `${taskArn.slice(0, taskArn.lastIndexOf(":"))}:cluster/${cluster}`,
    "aws.ecs.launchtype": task.LaunchType?.toLowerCase(),
    "aws.ecs.task.arn": taskArn,
    "aws.ecs.task.family": task.Family,
    "aws.ecs.task.revision": task.Revision,
    "cloud.account.id": account,
    "cloud.region": region,
    "cloud.resource_id": ContainerARN,
    "cloud.availability_zone": task.AvailabilityZone,
  };
}

function logAttributes({ ContainerARN = "", LogDriver, LogOptions }: ContainerMetadata): Attributes {
  const group = LogOptions?.["awslogs-group"];
  const stream = LogOptions?.["awslogs-stream"];
  if (LogDriver !== "awslogs" || group === undefined || stream === undefined) return {};
  const { partition, region, account } = partsOf(ContainerARN);
  const groupArn = `arn:${partition}:logs:${LogOptions?.["awslogs-region"] ?? region}:${account}:log-group:${group}`;
  return {
    "aws.log.group.names": [group],
    "aws.log.group.arns": [groupArn],
    "aws.log.stream.names": [stream],
    "aws.log.stream.arns": [`${groupArn}:log-stream:${stream}`],
  };
}

/** arn:{partition}:{service}:{region}:{account}:… */
function partsOf(arn: string): { partition: string; region: string; account: string } {
  const [, partition = "", , region = "", account = ""] = arn.split(":");
  return { partition, region, account };
}
