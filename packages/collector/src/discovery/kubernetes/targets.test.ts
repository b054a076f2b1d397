import { expect, test } from "vitest";
import type { AnyObject } from "./kubernetes-api.test-kit.ts";
import { PODS, at, pod, setUp } from "./kubernetes-sd.test-kit.ts";

/** What a role makes of objects, told at once. */
async function targetsOf(config: object, objects: Record<string, readonly AnyObject[]>): Promise<unknown[]> {
  const fixture = await setUp(objects);
  fixture.start({ api_server: fixture.api.url, ...config });
  const targets = await fixture.next();
  expect(fixture.errors).toEqual([]);
  return targets;
}

/** Labels with the prefix that all have but a few. */
function meta(labels: Record<string, string>, others: Record<string, string> = {}): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(labels).map(([name, value]) => [`__meta_kubernetes_${name}`, value])),
    ...others,
  };
}

const web: AnyObject = {
  metadata: {
    name: "web-1",
    namespace: "shop",
    uid: "u-1",
    labels: { "app.kubernetes.io/name": "web", env: "prod" },
    annotations: { "prometheus.io/scrape": "yes" },
    ownerReferences: [
      { kind: "Other", name: "other" },
      { kind: "ReplicaSet", name: "web-rs", controller: true },
    ],
  },
  spec: {
    nodeName: "node-1",
    containers: [
      {
        name: "main",
        image: "web:1",
        ports: [
          { name: "http", containerPort: 8080, protocol: "TCP" },
          { name: "metrics", containerPort: 9090, protocol: "TCP" },
        ],
      },
      { name: "side", image: "side:1", ports: null },
    ],
    initContainers: [{ name: "init", image: "init:1", ports: [{ containerPort: 7000, protocol: "UDP" }] }],
  },
  status: {
    podIP: "10.0.0.1",
    hostIP: "192.168.0.1",
    phase: "Running",
    conditions: [
      { type: "Initialized", status: "False" },
      { type: "Ready", status: "True" },
    ],
    containerStatuses: [
      { name: "side", containerID: "containerd://side" },
      { name: "main", containerID: "containerd://main" },
    ],
    initContainerStatuses: [{ name: "init", containerID: "containerd://init" }],
  },
};

const ofWeb = {
  pod_name: "web-1",
  pod_ip: "10.0.0.1",
  pod_ready: "true",
  pod_phase: "Running",
  pod_node_name: "node-1",
  pod_host_ip: "192.168.0.1",
  pod_uid: "u-1",
  pod_label_app_kubernetes_io_name: "web",
  pod_labelpresent_app_kubernetes_io_name: "true",
  pod_label_env: "prod",
  pod_labelpresent_env: "true",
  pod_annotation_prometheus_io_scrape: "yes",
  pod_annotationpresent_prometheus_io_scrape: "true",
  pod_controller_kind: "ReplicaSet",
  pod_controller_name: "web-rs",
};

const ofPort = (container: string, number: string, name = "", protocol = "TCP"): Record<string, string> => ({
  pod_container_name: container,
  pod_container_image: container === "main" ? "web:1" : `${container}:1`,
  pod_container_init: String(container === "init"),
  pod_container_port_name: name,
  pod_container_port_number: number,
  pod_container_port_protocol: protocol,
});

const shopService: AnyObject = {
  metadata: { name: "web", namespace: "shop", labels: { team: "a" } },
  spec: { ports: [{ port: 80 }] },
};
const ofShopService = {
  namespace: "shop",
  service_name: "web",
  service_label_team: "a",
  service_labelpresent_team: "true",
};
const nodeOne: AnyObject = { metadata: { name: "node-1", labels: { zone: "z1" }, annotations: { rack: "r/1" } } };
const ofNodeOne = {
  node_name: "node-1",
  node_label_zone: "z1",
  node_labelpresent_zone: "true",
  node_annotation_rack: "r/1",
  node_annotationpresent_rack: "true",
};
const shop: AnyObject = { metadata: { name: "shop", labels: { "cost-centre": "7" }, annotations: { owner: "me" } } };
const ofShop = {
  namespace_label_cost_centre: "7",
  namespace_labelpresent_cost_centre: "true",
  namespace_annotation_owner: "me",
  namespace_annotationpresent_owner: "true",
};

test("a pod is a target for each port, or one for a container without a port", async () => {
  const starting = pod("starting", "");
  const bare = pod("six", "fd00::1", { metadata: { name: "six", namespace: "shop" } });
  const targets = await targetsOf({ role: "pod" }, { [PODS]: [web, starting, bare] });
  const common = { ...ofWeb, namespace: "shop" };
  const main = { ...common, pod_container_id: "containerd://main" };
  expect(targets).toEqual([
    meta({ ...main, ...ofPort("main", "8080", "http") }, at("10.0.0.1:8080")),
    meta({ ...main, ...ofPort("main", "9090", "metrics") }, at("10.0.0.1:9090")),
    meta(
      {
        ...common,
        pod_container_name: "side",
        pod_container_image: "side:1",
        pod_container_init: "false",
        pod_container_id: "containerd://side",
      },
      at("10.0.0.1"),
    ),
    meta(
      { ...common, ...ofPort("init", "7000", "", "UDP"), pod_container_id: "containerd://init" },
      at("10.0.0.1:7000"),
    ),
    meta(
      {
        namespace: "shop",
        pod_name: "six",
        pod_ip: "fd00::1",
        pod_ready: "unknown",
        pod_phase: "",
        pod_node_name: "",
        pod_host_ip: "",
        pod_uid: "",
        ...ofPort("main", "80", "", ""),
        pod_container_image: "",
        pod_container_id: "",
      },
      at("[fd00::1]:80"),
    ),
  ]);
});

test("pods get the labels of their node and namespace, and the names of what made them", async () => {
  const ofJob = pod("batch", "10.0.0.2", {
    metadata: { name: "batch", namespace: "shop", ownerReferences: [{ kind: "Job", name: "j-1", controller: true }] },
    spec: { nodeName: "node-1", containers: [{ name: "main" }] },
  });
  const elsewhere = pod("elsewhere", "10.0.0.3", { spec: { nodeName: "node-2", containers: [{ name: "main" }] } });
  const ownedBy = (name: string, kind: string, owner: string): AnyObject => ({
    metadata: { name, namespace: "shop", ownerReferences: [{ kind, name: owner, controller: true }] },
  });
  const attach_metadata = { node: true, namespace: true, deployment: true, job: true, cronjob: true };
  const targets = await targetsOf(
    { role: "pod", attach_metadata },
    {
      [PODS]: [{ ...web, spec: { nodeName: "node-1", containers: [{ name: "main" }] } }, ofJob, elsewhere],
      "/api/v1/nodes": [nodeOne],
      "/api/v1/namespaces": [shop],
      "/apis/apps/v1/replicasets": [ownedBy("web-rs", "Deployment", "web")],
      "/apis/batch/v1/jobs": [ownedBy("j-1", "CronJob", "nightly")],
    },
  );
  const attached = { ...ofNodeOne, ...ofShop, namespace: "shop" };
  const container = { pod_container_name: "main", pod_container_image: "", pod_container_init: "false" };
  expect(targets).toEqual([
    meta(
      { ...attached, ...ofWeb, ...container, pod_container_id: "containerd://main", pod_deployment_name: "web" },
      at("10.0.0.1"),
    ),
    meta(
      {
        ...attached,
        ...container,
        pod_container_id: "",
        pod_name: "batch",
        pod_ip: "10.0.0.2",
        pod_ready: "unknown",
        pod_phase: "",
        pod_node_name: "node-1",
        pod_host_ip: "",
        pod_uid: "",
        pod_controller_kind: "Job",
        pod_controller_name: "j-1",
        pod_job_name: "j-1",
        pod_cronjob_name: "nightly",
      },
      at("10.0.0.2"),
    ),
  ]);
});

test("a node is its kubelet, at the first kind of address that it has", async () => {
  const node = (name: string, addresses: readonly (readonly [string, string])[]): AnyObject => ({
    metadata: { name },
    status: {
      addresses: addresses.map(([type, address]) => ({ type, address })),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  });
  const whole: AnyObject = {
    metadata: { ...nodeOne.metadata, name: "node-1" },
    spec: { providerID: "aws:///i-1" },
    status: {
      addresses: [
        { type: "Hostname", address: "host-1" },
        { type: "InternalIP", address: "10.1.0.1" },
        { type: "InternalIP", address: "fd00::7" },
      ],
      conditions: [
        { type: "Ready", status: "True" },
        { type: "MemoryPressure", status: "Unknown" },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  };
  const order = [
    ["InternalIP", "a"],
    ["InternalDNS", "b"],
    ["ExternalIP", "c"],
    ["ExternalDNS", "d"],
    ["LegacyHostIP", "e"],
    ["Hostname", "f"],
  ] as const;
  const nodes = order.map((_, i) => node(`n${i}`, order.slice(i).reverse()));
  const [first, ...others] = await targetsOf(
    { role: "node" },
    { "/api/v1/nodes": [whole, ...nodes, node("none", [])] },
  );
  expect(first).toEqual(
    meta(
      {
        ...ofNodeOne,
        node_provider_id: "aws:///i-1",
        node_condition_ready: "true",
        node_condition_memorypressure: "unknown",
        node_address_Hostname: "host-1",
        node_address_InternalIP: "10.1.0.1",
      },
      { ...at("10.1.0.1:10250"), instance: "node-1" },
    ),
  );
  expect(others).toMatchObject(["a", "b", "c", "d", "e", "f"].map((host) => at(`${host}:10250`)));
});

test("a service is a target for each port, by its name", async () => {
  const service = (name: string, spec: object, status: object = {}): AnyObject => ({
    metadata: { name, namespace: "shop", annotations: { a: "b" } },
    spec: { ports: [{ name: "http", port: 80, protocol: "TCP" }], ...spec },
    status,
  });
  const ingress = [{ ip: "1.1.1.1" }, { hostname: "lb" }, { ip: "2.2.2.2" }];
  const targets = await targetsOf(
    { role: "service", attach_metadata: { namespace: true } },
    {
      "/api/v1/namespaces": [shop],
      "/api/v1/services": [
        service("plain", { type: "ClusterIP", clusterIP: "10.2.0.1" }),
        service("away", { type: "ExternalName", externalName: "example.com" }),
        service("lb", { type: "LoadBalancer", clusterIP: "10.2.0.2", loadBalancerIP: "9.9.9.9" }),
        service("lbs", { type: "LoadBalancer", clusterIP: "10.2.0.3" }, { loadBalancer: { ingress } }),
      ],
    },
  );
  const common = (name: string, type: string, more: Record<string, string>): Record<string, string> =>
    meta(
      {
        ...ofShop,
        namespace: "shop",
        service_name: name,
        service_annotation_a: "b",
        service_annotationpresent_a: "true",
        service_type: type,
        service_port_name: "http",
        service_port_number: "80",
        service_port_protocol: "TCP",
        ...more,
      },
      at(`${name}.shop.svc:80`),
    );
  expect(targets).toEqual([
    common("plain", "ClusterIP", { service_cluster_ip: "10.2.0.1" }),
    common("away", "ExternalName", { service_external_name: "example.com" }),
    common("lb", "LoadBalancer", { service_cluster_ip: "10.2.0.2", service_loadbalancer_ip: "9.9.9.9" }),
    common("lbs", "LoadBalancer", { service_cluster_ip: "10.2.0.3", service_loadbalancer_ip: "1.1.1.1,2.2.2.2" }),
  ]);
});

test("endpoints are targets, with their service, and the other ports of their pods", async () => {
  const endpoints: AnyObject = {
    metadata: { name: "web", namespace: "shop", labels: { kind: "e" }, annotations: { x: "y" } },
    subsets: [
      {
        addresses: [
          { ip: "10.0.0.1", nodeName: "node-1", targetRef: { kind: "Pod", namespace: "shop", name: "web-1" } },
          { ip: "10.9.9.9", hostname: "outside" },
        ],
        notReadyAddresses: [{ ip: "10.0.0.8", targetRef: { kind: "Node", name: "node-1" } }],
        ports: [{ name: "http", port: 8080, protocol: "SCTP" }],
      },
    ],
  };
  const targets = await targetsOf(
    { role: "endpoints", attach_metadata: { node: true, namespace: true } },
    {
      "/api/v1/endpoints": [endpoints],
      "/api/v1/services": [shopService],
      [PODS]: [web],
      "/api/v1/nodes": [nodeOne],
      "/api/v1/namespaces": [shop],
    },
  );
  const common = {
    ...ofShopService,
    ...ofShop,
    endpoints_name: "web",
    endpoints_label_kind: "e",
    endpoints_labelpresent_kind: "true",
    endpoints_annotation_x: "y",
    endpoints_annotationpresent_x: "true",
  };
  const direct = (ready: string): Record<string, string> => ({
    ...common,
    endpoint_port_name: "http",
    endpoint_port_protocol: "SCTP",
    endpoint_ready: ready,
  });
  expect(targets).toEqual([
    meta(
      {
        ...direct("true"),
        endpoint_node_name: "node-1",
        endpoint_address_target_kind: "Pod",
        endpoint_address_target_name: "web-1",
        ...ofNodeOne,
        ...ofWeb,
        // The protocol is that of the endpoint's port.
        ...ofPort("main", "8080", "http", "SCTP"),
      },
      at("10.0.0.1:8080"),
    ),
    meta({ ...direct("true"), endpoint_hostname: "outside" }, at("10.9.9.9:8080")),
    meta(
      {
        ...direct("false"),
        endpoint_address_target_kind: "Node",
        endpoint_address_target_name: "node-1",
        ...ofNodeOne,
      },
      at("10.0.0.8:8080"),
    ),
    meta({ ...common, ...ofWeb, ...ofPort("main", "9090", "metrics") }, at("10.0.0.1:9090")),
    meta({ ...common, ...ofWeb, ...ofPort("init", "7000", "", "UDP") }, at("10.0.0.1:7000")),
  ]);
});

const slice = (name: string, more: object): AnyObject => ({
  metadata: { name, namespace: "shop", labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  endpoints: null,
  ports: null,
  ...more,
});

test("endpoint slices are targets, with their service, and the other ports of their pods", async () => {
  const whole = slice("web-abc", {
    endpoints: [
      {
        addresses: ["10.0.0.1"],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: "node-1",
        zone: "z1",
        targetRef: { kind: "Pod", namespace: "shop", name: "web-1" },
      },
      {
        addresses: ["10.9.9.9"],
        conditions: {},
        hostname: "outside",
        targetRef: { kind: "Node", name: "node-1" },
        deprecatedTopology: { "kubernetes.io/hostname": "h" },
      },
    ],
    ports: [{ name: "http", port: 8080, protocol: "TCP", appProtocol: "h2c" }, { name: "any" }],
  });
  const targets = await targetsOf(
    { role: "endpointslice", attach_metadata: { node: true, namespace: true } },
    {
      "/apis/discovery.k8s.io/v1/endpointslices": [whole, slice("empty", {})],
      "/api/v1/services": [shopService],
      [PODS]: [web],
      "/api/v1/nodes": [nodeOne],
      "/api/v1/namespaces": [shop],
    },
  );
  const common = {
    ...ofShopService,
    ...ofShop,
    endpointslice_name: "web-abc",
    endpointslice_label_kubernetes_io_service_name: "web",
    endpointslice_labelpresent_kubernetes_io_service_name: "true",
    endpointslice_address_type: "IPv4",
  };
  const http = {
    endpointslice_port_name: "http",
    endpointslice_port: "8080",
    endpointslice_port_protocol: "TCP",
    endpointslice_port_app_protocol: "h2c",
  };
  const any = { endpointslice_port_name: "any" };
  const ofPod = {
    ...common,
    ...ofNodeOne,
    ...ofWeb,
    endpointslice_endpoint_conditions_ready: "true",
    endpointslice_endpoint_conditions_serving: "true",
    endpointslice_endpoint_conditions_terminating: "false",
    endpointslice_endpoint_node_name: "node-1",
    endpointslice_endpoint_zone: "z1",
    endpointslice_address_target_kind: "Pod",
    endpointslice_address_target_name: "web-1",
  };
  const outside = {
    ...common,
    ...ofNodeOne,
    endpointslice_endpoint_hostname: "outside",
    endpointslice_address_target_kind: "Node",
    endpointslice_address_target_name: "node-1",
    endpointslice_endpoint_topology_kubernetes_io_hostname: "h",
    endpointslice_endpoint_topology_present_kubernetes_io_hostname: "true",
  };
  expect(targets).toEqual([
    meta({ ...ofPod, ...http, ...ofPort("main", "8080", "http") }, at("10.0.0.1:8080")),
    meta({ ...ofPod, ...any }, at("10.0.0.1")),
    meta({ ...outside, ...http }, at("10.9.9.9:8080")),
    meta({ ...outside, ...any }, at("10.9.9.9")),
    meta({ ...common, ...ofWeb, ...ofPort("main", "9090", "metrics") }, at("10.0.0.1:9090")),
    meta({ ...common, ...ofWeb, ...ofPort("init", "7000", "", "UDP") }, at("10.0.0.1:7000")),
  ]);
});

test("a service of two address families is told by the slices of its first one", async () => {
  const dual = {
    ...shopService,
    spec: { ipFamilyPolicy: "PreferDualStack", ipFamilies: ["IPv6", "IPv4"], ports: [] },
  };
  const more = (address: string): object => ({ endpoints: [{ addresses: [address] }], ports: [{ port: 80 }] });
  const targets = await targetsOf(
    { role: "endpointslice" },
    {
      "/apis/discovery.k8s.io/v1/endpointslices": [
        slice("four", more("10.0.0.1")),
        slice("six", { ...more("fd00::1"), addressType: "IPv6" }),
      ],
      "/api/v1/services": [dual],
      [PODS]: [],
    },
  );
  expect(targets).toMatchObject([at("[fd00::1]:80")]);
});

test("an ingress is a target for each path, with https where its host has TLS", async () => {
  const http = (...paths: (string | undefined)[]): object => ({ http: { paths: paths.map((path) => ({ path })) } });
  const targets = await targetsOf(
    { role: "ingress", attach_metadata: { namespace: true } },
    {
      "/api/v1/namespaces": [shop],
      "/apis/networking.k8s.io/v1/ingresses": [
        {
          metadata: { name: "front", namespace: "shop", labels: { a: "b" } },
          spec: {
            ingressClassName: "nginx",
            tls: [{ hosts: ["safe.com"] }, { hosts: ["*.wild.com"] }, {}],
            rules: [
              { host: "safe.com", ...http("/a", undefined) },
              { host: "x.wild.com" },
              { host: "x.y.wild.com", ...http("/c") },
              { host: "open.com", ...http() },
            ],
          },
        },
      ],
    },
  );
  const target = (host: string, scheme: string, path: string): Record<string, string> =>
    meta(
      {
        ...ofShop,
        namespace: "shop",
        ingress_name: "front",
        ingress_label_a: "b",
        ingress_labelpresent_a: "true",
        ingress_class_name: "nginx",
        ingress_host: host,
        ingress_scheme: scheme,
        ingress_path: path,
      },
      at(host),
    );
  expect(targets).toEqual([
    target("safe.com", "https", "/a"),
    target("safe.com", "https", "/"),
    target("x.wild.com", "https", "/"),
    target("x.y.wild.com", "http", "/c"),
  ]);
});
