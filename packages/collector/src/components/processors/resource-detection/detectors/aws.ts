import type { Detected, Detector, DetectorWorld } from "../detector.ts";
import type { Ec2Config } from "../config.ts";

const EC2 = "http://169.254.169.254";

interface InstanceIdentity {
  readonly accountId?: string;
  readonly region?: string;
  readonly availabilityZone?: string;
  readonly instanceId?: string;
  readonly imageId?: string;
  readonly instanceType?: string;
}

/** EC2's instance metadata, version 2: a token, then what it opens. `AWS_EC2_METADATA_SERVICE_ENDPOINT` may name another address. */
export async function detectEc2(
  world: DetectorWorld,
  { tags, tags_from_imds: readsTags }: Ec2Config,
): Promise<Detected> {
  const base = (world.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? EC2).replace(/\/$/, "");
  const token = await world.get(`${base}/latest/api/token`, {
    method: "PUT",
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" },
  });
  const get = (path: string): Promise<string> =>
    world.get(`${base}/latest/${path}`, { headers: { "x-aws-ec2-metadata-token": token } });
  const identity = JSON.parse(await get("dynamic/instance-identity/document")) as InstanceIdentity;
  const own = readsTags ? await tagsOf(get, tags) : {};
  return {
    "cloud.provider": "aws",
    "cloud.platform": "aws_ec2",
    "cloud.account.id": identity.accountId,
    "cloud.region": identity.region,
    "cloud.availability_zone": identity.availabilityZone,
    "host.id": identity.instanceId,
    "host.image.id": identity.imageId,
    "host.type": identity.instanceType,
    "host.name": await get("meta-data/hostname"),
    ...own,
  };
}

async function tagsOf(get: (path: string) => Promise<string>, patterns: readonly RegExp[]): Promise<Detected> {
  const names = (await get("meta-data/tags/instance")).split("\n").filter((name) => name !== "");
  const wanted = names.filter((name) => patterns.some((pattern) => pattern.test(name)));
  const entries = wanted.map(
    async (name) => [`ec2.tag.${name}`, await get(`meta-data/tags/instance/${name}`)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

interface TaskMetadata {
  readonly Cluster?: string;
  readonly TaskARN?: string;
  readonly Family?: string;
  readonly Revision?: string;
  readonly AvailabilityZone?: string;
  readonly LaunchType?: string;
}

/** ECS's task metadata, version 4; nothing elsewhere. */
export const detectEcs: Detector = async ({ env, get }) => {
  const base = env["ECS_CONTAINER_METADATA_URI_V4"] ?? env["ECS_CONTAINER_METADATA_URI"];
  if (base === undefined) return {};
  const task = JSON.parse(await get(`${base}/task`)) as TaskMetadata;
  const [, , , region, account] = (task.TaskARN ?? "").split(":");
  const clusterArn =
    task.Cluster?.startsWith("arn:") === true
      ? task.Cluster
      : `arn:aws:ecs:${region}:${account}:cluster/${task.Cluster}`;
  return {
    "cloud.provider": "aws",
    "cloud.platform": "aws_ecs",
    "cloud.account.id": account,
    "cloud.region": region,
    "cloud.availability_zone": task.AvailabilityZone,
    "aws.ecs.cluster.arn": clusterArn,
    "aws.ecs.task.arn": task.TaskARN,
    "aws.ecs.task.family": task.Family,
    "aws.ecs.task.revision": task.Revision,
    "aws.ecs.launchtype": task.LaunchType?.toLowerCase(),
  };
};
