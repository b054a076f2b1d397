/** Detectors against servers that speak the clouds' metadata protocols. */
import { afterEach, describe, expect, test } from "vitest";
import {
  AwsEc2Detector,
  AwsEcsDetector,
  AwsEksDetector,
  AzureAppServiceDetector,
  AzureContainerAppsDetector,
  AzureFunctionsDetector,
  AzureVmDetector,
  GcpDetector,
} from "../../resource-detectors.ts";
import { type LoopbackServer, startLoopbackServer } from "../../loopback-server.test-kit.ts";
import { AZURE_FIRMWARE, EC2_FIRMWARE, found, GOOGLE_FIRMWARE, removeRoots, rootWith } from "./detectors.test-kit.ts";

const servers: LoopbackServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  removeRoots();
});

/** A server with these paths, which refuses requests without these headers. */
async function serve(
  paths: Readonly<Record<string, string>>,
  { requires = {}, headers = {} }: { requires?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<LoopbackServer> {
  const server = await startLoopbackServer((request) => {
    const body = paths[`${request.method ?? ""} ${request.url ?? ""}`] ?? paths[request.url ?? ""];
    const isAllowed = Object.entries(requires).every(([name, value]) => request.headers[name] === value);
    if (request.method === "GET" && !isAllowed) return { status: 401 };
    return body === undefined ? { status: 404 } : { headers, body };
  });
  servers.push(server);
  return server;
}

describe("AWS EC2", () => {
  const paths = {
    "PUT /latest/api/token": "secret",
    "/latest/dynamic/instance-identity/document": JSON.stringify({
      accountId: "123456789012",
      availabilityZone: "us-west-2b",
      instanceId: "i-1234",
      instanceType: "t2.micro",
      region: "us-west-2",
    }),
    "/latest/meta-data/hostname": "ip-172-12-34-567.internal",
  };

  test("what the second version of the metadata service tells", async () => {
    const { url: metadataUrl } = await serve(paths, { requires: { "x-aws-ec2-metadata-token": "secret" } });
    expect(await found(new AwsEc2Detector({ root: rootWith(EC2_FIRMWARE), metadataUrl }))).toEqual({
      "cloud.provider": "aws",
      "cloud.platform": "aws_ec2",
      "cloud.account.id": "123456789012",
      "cloud.region": "us-west-2",
      "cloud.availability_zone": "us-west-2b",
      "host.id": "i-1234",
      "host.type": "t2.micro",
      "host.name": "ip-172-12-34-567.internal",
    });
  });

  test("nothing when the service fails, and no question on another machine", async () => {
    const server = await serve({});
    expect(await found(new AwsEc2Detector({ root: rootWith(EC2_FIRMWARE), metadataUrl: server.url }))).toEqual({});
    expect(server.asked).toEqual(["PUT /latest/api/token"]);
    expect(await found(new AwsEc2Detector({ root: rootWith(GOOGLE_FIRMWARE), metadataUrl: server.url }))).toEqual({});
    expect(server.asked).toHaveLength(1);
  });
});

describe("AWS ECS", () => {
  const CONTAINER_ARN = "arn:aws:ecs:us-west-2:111122223333:container/0206b271";
  const TASK_ARN = "arn:aws:ecs:us-west-2:111122223333:task/default/158d1c8083";

  test("the task's metadata and where its logs go", async () => {
    const { url } = await serve({
      "/v4/x": JSON.stringify({
        ContainerARN: CONTAINER_ARN,
        LogDriver: "awslogs",
        LogOptions: {
          "awslogs-group": "/ecs/metadata",
          "awslogs-stream": "ecs/curl/8f03",
          "awslogs-region": "us-west-2",
        },
      }),
      "/v4/x/task": JSON.stringify({
        AvailabilityZone: "us-west-2d",
        Cluster: "default",
        Family: "curltest",
        LaunchType: "EC2",
        Revision: "26",
        TaskARN: TASK_ARN,
      }),
    });
    const root = rootWith({ "/proc/self/cgroup": `1:pids:/ecs/task/${"c".repeat(64)}` });
    const env = { ECS_CONTAINER_METADATA_URI_V4: `${url}/v4/x` };
    expect(await found(new AwsEcsDetector({ env, root }))).toMatchObject({
      "cloud.platform": "aws_ecs",
      "cloud.account.id": "111122223333",
      "cloud.region": "us-west-2",
      "cloud.availability_zone": "us-west-2d",
      "cloud.resource_id": CONTAINER_ARN,
      "container.id": "c".repeat(64),
      "aws.ecs.container.arn": CONTAINER_ARN,
      "aws.ecs.cluster.arn": "arn:aws:ecs:us-west-2:111122223333:cluster/default",
      "aws.ecs.launchtype": "ec2",
      "aws.ecs.task.arn": TASK_ARN,
      "aws.ecs.task.family": "curltest",
      "aws.ecs.task.revision": "26",
      "aws.log.group.arns": ["arn:aws:logs:us-west-2:111122223333:log-group:/ecs/metadata"],
      "aws.log.stream.names": ["ecs/curl/8f03"],
    });
  });

  test("nothing elsewhere", async () => {
    expect(await found(new AwsEcsDetector({ env: {} }))).toEqual({});
  });
});

describe("AWS EKS", () => {
  const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1" };
  const tokenOf = (iss: string): string => `e30.${Buffer.from(JSON.stringify({ iss })).toString("base64url")}.x`;
  const rootOf = (token: string): string => rootWith({ "/var/run/secrets/kubernetes.io/serviceaccount/token": token });
  const clusterInfo = {
    "/api/v1/namespaces/amazon-cloudwatch/configmaps/cluster-info": JSON.stringify({
      data: { "cluster.name": "shop" },
    }),
  };

  test("known by who issued the token", async () => {
    const token = tokenOf("https://oidc.eks.eu-west-1.amazonaws.com/id/ABC");
    const { url: metadataUrl } = await serve(clusterInfo, { requires: { authorization: `Bearer ${token}` } });
    expect(await found(new AwsEksDetector({ env, root: rootOf(token), metadataUrl }))).toEqual({
      "cloud.provider": "aws",
      "cloud.platform": "aws_eks",
      "cloud.region": "eu-west-1",
      "k8s.cluster.name": "shop",
    });
  });

  test("or by its config map; another Kubernetes has neither", async () => {
    const token = tokenOf("https://kubernetes.default.svc");
    const eks = await serve({ ...clusterInfo, "/api/v1/namespaces/kube-system/configmaps/aws-auth": "{}" });
    expect(await found(new AwsEksDetector({ env, root: rootOf(token), metadataUrl: eks.url }))).toMatchObject({
      "cloud.platform": "aws_eks",
      "k8s.cluster.name": "shop",
    });
    const other = await serve({});
    expect(await found(new AwsEksDetector({ env, root: rootOf(token), metadataUrl: other.url }))).toEqual({});
  });
});

describe("Google Cloud", () => {
  const base = "/computeMetadata/v1";
  const paths = {
    [`${base}/project/project-id`]: "shop-1",
    [`${base}/instance/id`]: "1234567890123456789",
    [`${base}/instance/name`]: "vm-1",
    [`${base}/instance/zone`]: "projects/233/zones/us-east1-b",
    [`${base}/instance/region`]: "projects/233/regions/us-east1",
    [`${base}/instance/machine-type`]: "projects/233/machineTypes/n1-standard-1",
    [`${base}/instance/attributes/cluster-name`]: "cluster-1",
    [`${base}/instance/attributes/cluster-location`]: "us-east1",
  };
  const options = { requires: { "metadata-flavor": "Google" }, headers: { "metadata-flavor": "Google" } };
  const serverless = {
    "cloud.region": "us-east1",
    "faas.name": "shop",
    "faas.version": "shop-7",
    "faas.instance": "1234567890123456789",
  };

  test.each<[string, Record<string, string>, object]>([
    [
      "Compute Engine",
      {},
      {
        "cloud.platform": "gcp_compute_engine",
        "cloud.availability_zone": "us-east1-b",
        "cloud.region": "us-east1",
        "host.type": "n1-standard-1",
        "host.id": "1234567890123456789",
        "host.name": "vm-1",
      },
    ],
    [
      "Kubernetes Engine",
      { KUBERNETES_SERVICE_HOST: "10.0.0.1" },
      {
        "cloud.platform": "gcp_kubernetes_engine",
        "cloud.region": "us-east1",
        "k8s.cluster.name": "cluster-1",
        "host.id": "1234567890123456789",
      },
    ],
    [
      "Cloud Run",
      { K_CONFIGURATION: "shop", K_SERVICE: "shop", K_REVISION: "shop-7" },
      { "cloud.platform": "gcp_cloud_run", ...serverless },
    ],
    [
      "Cloud Functions",
      { FUNCTION_TARGET: "f", K_CONFIGURATION: "shop", K_SERVICE: "shop", K_REVISION: "shop-7" },
      { "cloud.platform": "gcp_cloud_functions", ...serverless },
    ],
    [
      "App Engine",
      { GAE_SERVICE: "shop", GAE_VERSION: "v7", GAE_INSTANCE: "i" },
      {
        "cloud.platform": "gcp_app_engine",
        "cloud.availability_zone": "us-east1-b",
        "cloud.region": "us-east1",
        "faas.name": "shop",
        "faas.version": "v7",
        "faas.instance": "i",
      },
    ],
  ])("%s", async (_, env, expected) => {
    const { url: metadataUrl } = await serve(paths, options);
    const detector = new GcpDetector({ env, root: rootWith(GOOGLE_FIRMWARE), metadataUrl });
    expect(await found(detector)).toEqual({ "cloud.provider": "gcp", "cloud.account.id": "shop-1", ...expected });
  });

  test("another cloud's server, or another machine, is not believed", async () => {
    const { url: metadataUrl } = await serve(paths);
    expect(await found(new GcpDetector({ env: {}, root: rootWith(GOOGLE_FIRMWARE), metadataUrl }))).toEqual({});
    expect(await found(new GcpDetector({ env: {}, root: rootWith({}), metadataUrl }))).toEqual({});
  });
});

describe("Azure", () => {
  const site = {
    WEBSITE_SITE_NAME: "shop",
    WEBSITE_INSTANCE_ID: "i",
    WEBSITE_OWNER_NAME: "sub+west",
    WEBSITE_RESOURCE_GROUP: "group",
    REGION_NAME: "West Europe",
  };
  const resourceId = "/subscriptions/sub/resourceGroups/group/providers/Microsoft.Web/sites/shop";

  test("App Service, which Functions are not", async () => {
    expect(await found(new AzureAppServiceDetector({ env: { ...site, WEBSITE_SLOT_NAME: "Production" } }))).toEqual({
      "cloud.provider": "azure",
      "cloud.platform": "azure.app_service",
      "cloud.region": "West Europe",
      "cloud.resource_id": resourceId,
      "service.name": "shop",
      "service.instance.id": "i",
      "deployment.environment.name": "Production",
    });
    const env = { ...site, FUNCTIONS_EXTENSION_VERSION: "~4" };
    expect(await found(new AzureAppServiceDetector({ env }))).toEqual({});
  });

  test("Functions, which App Service is not", async () => {
    const env = { ...site, FUNCTIONS_EXTENSION_VERSION: "~4", WEBSITE_MEMORY_LIMIT_MB: "1536" };
    expect(await found(new AzureFunctionsDetector({ env }))).toEqual({
      "cloud.provider": "azure",
      "cloud.platform": "azure.functions",
      "cloud.region": "West Europe",
      "cloud.resource_id": resourceId,
      "service.name": "shop",
      "faas.instance": "i",
      "faas.max_memory": 1_610_612_736,
    });
    expect(await found(new AzureFunctionsDetector({ env: site }))).toEqual({});
  });

  test("Container Apps", async () => {
    const env = {
      CONTAINER_APP_NAME: "shop",
      CONTAINER_APP_REVISION: "shop--7",
      CONTAINER_APP_HOSTNAME: "shop.example",
      CONTAINER_APP_REPLICA_NAME: "shop--7-x",
    };
    expect(await found(new AzureContainerAppsDetector({ env }))).toEqual({
      "cloud.provider": "azure",
      "cloud.platform": "azure.container_apps",
      "host.name": "shop.example",
      "azure.container_app.name": "shop",
      "azure.container_app.version": "shop--7",
      "azure.container_app.instance.id": "shop--7-x",
    });
  });

  test("virtual machines", async () => {
    const body = {
      location: "westeurope",
      name: "vm-1",
      resourceId: "/r",
      sku: "22_04-lts",
      version: "1.2",
      vmId: "02aa",
      vmScaleSetName: "",
      vmSize: "Standard_A3",
    };
    const path = "/metadata/instance/compute?api-version=2021-12-13&format=json";
    const { url: metadataUrl } = await serve({ [path]: JSON.stringify(body) }, { requires: { metadata: "True" } });
    expect(await found(new AzureVmDetector({ root: rootWith(AZURE_FIRMWARE), metadataUrl }))).toEqual({
      "cloud.provider": "azure",
      "cloud.platform": "azure.vm",
      "cloud.region": "westeurope",
      "cloud.resource_id": "/r",
      "host.id": "02aa",
      "host.name": "vm-1",
      "host.type": "Standard_A3",
      "os.version": "1.2",
      "azure.vm.sku": "22_04-lts",
    });
  });
});
