import { createServer, type Server } from "node:http";
import { hostname } from "node:os";
import { systemClock } from "@clew/base";
import { TelemetryView, type Payload } from "@clew/otlp";
import { afterEach, expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { tracesOf, type Attributes } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { nodeWorld } from "./node-world.ts";
import { ResourceDetection } from "./resource-detection.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A metadata server: path --> answer. */
async function serve(answers: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

async function detected(config: object, env: Record<string, string> = {}, resource: Attributes = {}) {
  const place = new Place("", []);
  const kit = componentSettings("processor", "resource_detection", systemClock);
  const sent: Payload[] = [];
  const next = { consume: (payload: Payload) => Promise.resolve(void sent.push(payload)) };
  const read = schema.read({ retry: { enabled: false }, ...config }, place);
  expect(place.problems).toEqual([]);
  const processor = new ResourceDetection(kit.settings, read, next, { ...nodeWorld, env });
  await processor.start();
  await processor.consume(tracesOf(["a"], resource));
  await processor.shutdown();
  return Object.fromEntries(new TelemetryView(sent[0]!).resources[0]!.one("resource").attributes());
}

test("env: what the variable says stands in place of what the resource says, unless override is off", async () => {
  const env = { OTEL_RESOURCE_ATTRIBUTES: "service.name=mine, team = a%20b" };
  expect(await detected({}, env, { "service.name": "own" })).toEqual({ "service.name": "mine", team: "a b" });
  expect(await detected({ override: false }, env, { "service.name": "own" })).toEqual({
    "service.name": "own",
    team: "a b",
  });
  await expect(detected({}, { OTEL_RESOURCE_ATTRIBUTES: "nonsense" })).rejects.toThrow("invalid resource format");
});

test("system: the machine's name and kind, more where it is asked for, and an earlier detector counts", async () => {
  const system = {
    hostname_sources: ["os"],
    resource_attributes: { "host.arch": { enabled: true }, "os.type": { enabled: false } },
  };
  const all = await detected({ detectors: ["env", "system"], system }, { OTEL_RESOURCE_ATTRIBUTES: "a=b" });
  expect(Object.keys(all).sort()).toEqual(["a", "host.arch", "host.name"]);
  expect(all["host.name"]).toBe(hostname());
  const named = await detected(
    { detectors: ["env", "system"], system },
    { OTEL_RESOURCE_ATTRIBUTES: "host.name=mine" },
  );
  expect(named["host.name"]).toBe("mine");
});

test("ec2: what the instance's metadata says, with the tags that are wanted", async () => {
  const host = await serve({
    "/latest/api/token": "token",
    "/latest/dynamic/instance-identity/document":
      '{"accountId":"1","region":"eu-1","availabilityZone":"eu-1a","instanceId":"i-1","imageId":"ami","instanceType":"t3"}',
    "/latest/meta-data/hostname": "ip-1",
    "/latest/meta-data/tags/instance": "team\nother",
    "/latest/meta-data/tags/instance/team": "blue",
  });
  const config = { detectors: ["ec2"], ec2: { tags: ["^team$"], tags_from_imds: true } };
  expect(await detected(config, { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${host}` })).toEqual({
    "cloud.provider": "aws",
    "cloud.platform": "aws_ec2",
    "cloud.account.id": "1",
    "cloud.region": "eu-1",
    "cloud.availability_zone": "eu-1a",
    "host.id": "i-1",
    "host.image.id": "ami",
    "host.type": "t3",
    "host.name": "ip-1",
    "ec2.tag.team": "blue",
  });
});

test("gcp, ecs and heroku", async () => {
  const gcp = await serve({
    "/computeMetadata/v1/project/project-id": "p",
    "/computeMetadata/v1/instance/zone": "projects/1/zones/us-central1-c",
    "/computeMetadata/v1/instance/id": "7",
    "/computeMetadata/v1/instance/name": "vm",
    "/computeMetadata/v1/instance/machine-type": "projects/1/machineTypes/e2",
  });
  expect(await detected({ detectors: ["gcp"] }, { GCE_METADATA_HOST: gcp })).toMatchObject({
    "cloud.platform": "gcp_compute_engine",
    "cloud.region": "us-central1",
    "host.type": "e2",
  });
  const ecs = await serve({
    "/v4/task": '{"Cluster":"c","TaskARN":"arn:aws:ecs:eu-1:9:task/c/x","Family":"f","LaunchType":"FARGATE"}',
  });
  expect(await detected({ detectors: ["ecs"] }, { ECS_CONTAINER_METADATA_URI_V4: `http://${ecs}/v4` })).toMatchObject({
    "aws.ecs.cluster.arn": "arn:aws:ecs:eu-1:9:cluster/c",
    "aws.ecs.launchtype": "fargate",
    "cloud.region": "eu-1",
  });
  expect(await detected({ detectors: ["ecs", "heroku"] }, {})).toEqual({});
  expect(await detected({ detectors: ["heroku"] }, { HEROKU_DYNO_ID: "d", HEROKU_APP_NAME: "n" })).toEqual({
    "cloud.provider": "heroku",
    "service.name": "n",
    "service.instance.id": "d",
  });
});

test("a detector that fails keeps the collector from starting, and is named", async () => {
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${await serve({})}` };
  await expect(detected({ detectors: ["ec2"] }, env)).rejects.toThrow(
    /failed to detect resource with ec2: .* answers 404/,
  );
});
