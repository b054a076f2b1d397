import { hostname } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { HostDetector, OSDetector, ProcessDetector, ServiceInstanceIdDetector } from "../../index.ts";
import {
  AwsBeanstalkDetector,
  AwsLambdaDetector,
  ContainerDetector,
  HerokuDetector,
  KubernetesDetector,
} from "../../resource-detectors.ts";
import { found, removeRoots, rootWith } from "./detectors.test-kit.ts";

afterEach(removeRoots);

const ID = "f".repeat(60) + "0123";
const UID = "01234567-89ab-cdef-0123-456789abcdef";

test("the process and its runtime", async () => {
  expect(await found(new ProcessDetector())).toMatchObject({
    "process.pid": process.pid,
    "process.executable.path": process.execPath,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
  });
});

test("the operating system", async () => {
  expect(await found(new OSDetector())).toEqual({
    "os.type": process.platform === "win32" ? "windows" : process.platform,
    "os.version": expect.stringMatching(/\d/),
  });
});

test("an instance has one id for as long as its detector lives", async () => {
  const detector = new ServiceInstanceIdDetector();
  const first = await found(detector);
  expect(first["service.instance.id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(await found(detector)).toEqual(first);
  expect(await found(new ServiceInstanceIdDetector())).not.toEqual(first);
});

describe.runIf(process.platform === "linux")("the host's id", () => {
  test.each([
    ["machine-id", { "/etc/machine-id": "abc\n", "/var/lib/dbus/machine-id": "def" }, "abc"],
    ["D-Bus's where that is empty", { "/etc/machine-id": "\n", "/var/lib/dbus/machine-id": "def" }, "def"],
    ["none where there is none", {}, undefined],
  ])("%s", async (_, files, expected) => {
    const attributes = await found(new HostDetector({ root: rootWith(files) }));
    expect(attributes["host.id"]).toBe(expected);
    expect(attributes["host.name"]).toBe(hostname());
  });
});

describe("the container's id", () => {
  const mount = (path: string): string =>
    `1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 8:1 ${path} /etc/hostname rw - ext4 /dev/sda rw\n`;
  test.each([
    ["Docker with control groups of version 1", "/proc/self/cgroup", `12:pids:/docker/${ID}\n`, ID],
    ["systemd's scopes", "/proc/self/cgroup", `1:name=systemd:/system.slice/docker-${ID}.scope\n`, ID],
    ["CRI-O", "/proc/self/cgroup", `1:cpu:/kubepods/burstable/pod${UID}/crio-${ID}\n`, ID],
    [
      "containerd since 1.5",
      "/proc/self/cgroup",
      `0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:${ID}\n`,
      ID,
    ],
    [
      "Fargate",
      "/proc/self/cgroup",
      `1:pids:/ecs/${"a".repeat(32)}/${"a".repeat(32)}-123456\n`,
      `${"a".repeat(32)}-123456`,
    ],
    [
      "control groups of version 2, Docker",
      "/proc/self/mountinfo",
      mount(`/var/lib/docker/containers/${ID}/hostname`),
      ID,
    ],
    [
      "version 2, Podman",
      "/proc/self/mountinfo",
      mount(`/containers/storage/overlay-containers/${ID}/userdata/hostname`),
      ID,
    ],
    [
      "version 2, containerd",
      "/proc/self/mountinfo",
      mount(`/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${ID}/hostname`),
      ID,
    ],
    ["no container", "/proc/self/cgroup", "0::/user.slice/user-1000.slice/session-2.scope\n", undefined],
    ["a mount that is no container's", "/proc/self/mountinfo", mount("/etc/hostname"), undefined],
  ])("%s", async (_, path, text, expected) => {
    expect((await found(new ContainerDetector({ root: rootWith({ [path]: text }) })))["container.id"]).toBe(expected);
  });
});

describe("Kubernetes", () => {
  const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", HOSTNAME: "shop-7d9" };

  test("variables of the downward API win over what is found", async () => {
    const named = { ...env, K8S_POD_NAME: "shop-1", POD_NAMESPACE: "prod", K8S_POD_UID: "u", NODE_NAME: "node-1" };
    const root = rootWith({ "/var/run/secrets/kubernetes.io/serviceaccount/namespace": "other" });
    expect(await found(new KubernetesDetector({ env: named, root }))).toEqual({
      "k8s.pod.name": "shop-1",
      "k8s.pod.uid": "u",
      "k8s.namespace.name": "prod",
      "k8s.node.name": "node-1",
    });
  });

  test.each([
    ["mounts", { "/proc/self/mountinfo": `2 1 8:1 /var/lib/kubelet/pods/${UID}/etc-hosts /etc/hosts rw - ext4 /d rw` }],
    ["control groups", { "/proc/self/cgroup": `0::/kubepods.slice/kubepods-pod${UID.replaceAll("-", "_")}.slice/x` }],
  ])("the pod's name, namespace and id from %s", async (_, files) => {
    const root = rootWith({ ...files, "/var/run/secrets/kubernetes.io/serviceaccount/namespace": "prod\n" });
    expect(await found(new KubernetesDetector({ env, root }))).toEqual({
      "k8s.pod.name": "shop-7d9",
      "k8s.pod.uid": UID,
      "k8s.namespace.name": "prod",
    });
  });

  test("nothing elsewhere", async () => {
    expect(await found(new KubernetesDetector({ env: { HOSTNAME: "x" } }))).toEqual({});
  });
});

test("AWS Lambda", async () => {
  const env = {
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
    AWS_REGION: "eu-west-1",
    AWS_LAMBDA_FUNCTION_NAME: "checkout",
    AWS_LAMBDA_FUNCTION_VERSION: "7",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/checkout",
    AWS_LAMBDA_LOG_STREAM_NAME: "2026/01/02/[7]abc",
  };
  expect(await found(new AwsLambdaDetector({ env }))).toEqual({
    "cloud.provider": "aws",
    "cloud.platform": "aws_lambda",
    "cloud.region": "eu-west-1",
    "faas.name": "checkout",
    "faas.version": "7",
    "faas.instance": "2026/01/02/[7]abc",
    "faas.max_memory": 134_217_728,
    "aws.log.group.names": ["/aws/lambda/checkout"],
  });
  expect(await found(new AwsLambdaDetector({ env: {} }))).toEqual({});
});

test("AWS Elastic Beanstalk", async () => {
  const text = JSON.stringify({ environment_name: "scorekeep", version_label: "app-5a56", deployment_id: 32 });
  const root = rootWith({ "/var/elasticbeanstalk/xray/environment.conf": text });
  expect(await found(new AwsBeanstalkDetector({ root }))).toEqual({
    "cloud.provider": "aws",
    "cloud.platform": "aws_elastic_beanstalk",
    "service.name": "aws_elastic_beanstalk",
    "service.namespace": "scorekeep",
    "service.version": "app-5a56",
    "service.instance.id": "32",
  });
  expect(await found(new AwsBeanstalkDetector({ root: rootWith({}) }))).toEqual({});
});

test("Heroku", async () => {
  const env = {
    HEROKU_APP_ID: "2daa",
    HEROKU_APP_NAME: "shop",
    HEROKU_SLUG_COMMIT: "e613",
    HEROKU_RELEASE_VERSION: "v9",
  };
  expect(await found(new HerokuDetector({ env }))).toEqual({
    "cloud.provider": "heroku",
    "heroku.app.id": "2daa",
    "heroku.release.commit": "e613",
    "service.name": "shop",
    "service.version": "v9",
  });
  expect(await found(new HerokuDetector({ env: {} }))).toEqual({});
});
