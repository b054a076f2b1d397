import { expect, test } from "vitest";
import { until } from "../../collector.test-kit.ts";
import { reject, type AnyObject } from "./kubernetes-api.test-kit.ts";
import { FIRST_DELAY_MS, GROUP_MS, PODS, pod, read, setUp } from "./kubernetes-sd.test-kit.ts";
import { kubernetesSource } from "./kubernetes-sd.ts";

test("changes come by the watch, those of a moment at once", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  fixture.start({ role: "pod", api_server: fixture.api.url });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  await fixture.api.emit(PODS, "ADDED", pod("b", "10.0.0.2"));
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);

  const { response } = await fixture.api.watch(PODS);
  const event = (type: string, object: AnyObject): string =>
    `${JSON.stringify({ type, object: { ...object, metadata: { ...object.metadata, resourceVersion: "99" } } })}\n`;
  const text =
    event("MODIFIED", pod("b", "10.0.0.3")) + event("DELETED", pod("a", "")) + event("ADDED", pod("c", "10.0.0.4"));
  // A line comes in pieces, several lines come in one.
  response.write(text.slice(0, 50));
  await new Promise((resolve) => setImmediate(resolve));
  response.write(text.slice(50));
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.3:80", "10.0.0.4:80"]);
  expect(fixture.told).toHaveLength(3);
});

test("a change of a pod, a service or a node changes the endpoints that show it", async () => {
  const endpoints: AnyObject = {
    metadata: { name: "web", namespace: "shop" },
    subsets: [
      {
        addresses: [
          { ip: "10.0.0.1", nodeName: "node-1", targetRef: { kind: "Pod", namespace: "shop", name: "web-1" } },
        ],
        ports: [{ port: 8080 }],
      },
    ],
  };
  const fixture = await setUp({
    "/api/v1/endpoints": [endpoints],
    "/api/v1/services": [],
    [PODS]: [],
    "/api/v1/nodes": [],
  });
  fixture.start({ role: "endpoints", api_server: fixture.api.url, attach_metadata: { node: true } });
  const label = async (name: string): Promise<string | undefined> =>
    (await fixture.next())[0]![`__meta_kubernetes_${name}`];
  expect(await label("pod_phase")).toBeUndefined();
  await fixture.api.emit(PODS, "ADDED", pod("web-1", "10.0.0.1", { status: { podIP: "10.0.0.1", phase: "Running" } }));
  expect(await label("pod_phase")).toBe("Running");
  await fixture.api.emit(
    PODS,
    "MODIFIED",
    pod("web-1", "10.0.0.1", { status: { podIP: "10.0.0.1", phase: "Failed" } }),
  );
  expect(await label("pod_phase")).toBe("Failed");
  await fixture.api.emit("/api/v1/services", "ADDED", {
    metadata: { name: "web", namespace: "shop", labels: { team: "a" } },
  });
  expect(await label("service_label_team")).toBe("a");
  await fixture.api.emit("/api/v1/nodes", "ADDED", { metadata: { name: "node-1", labels: { zone: "z1" } } });
  expect(await label("node_label_zone")).toBe("z1");
});

test("a watch that ends goes on at once from its last bookmark", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  fixture.start({ role: "pod", api_server: fixture.api.url });
  await fixture.next();
  await fixture.api.emit(PODS, "BOOKMARK", { metadata: { creationTimestamp: null } });
  (await fixture.api.watch(PODS)).response.end();
  await until(() => fixture.api.watchesOf(PODS).length === 2);
  expect(fixture.api.watchesOf(PODS).map(({ query }) => Object.fromEntries(query))).toEqual([
    { watch: "true", allowWatchBookmarks: "true", resourceVersion: "10", timeoutSeconds: "450" },
    { watch: "true", allowWatchBookmarks: "true", resourceVersion: "11", timeoutSeconds: "450" },
  ]);
  expect(fixture.api.listsOf(PODS).map(({ query }) => Object.fromEntries(query))).toEqual([
    { limit: "500", resourceVersion: "0" },
  ]);
  expect(fixture.errors).toEqual([]);
  expect(fixture.told).toHaveLength(1);
});

test("a version that is gone is listed anew, and not from the API's cache", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  fixture.start({ role: "pod", api_server: fixture.api.url });
  await fixture.next();
  const { response } = await fixture.api.watch(PODS);
  fixture.api.objects.set(PODS, [pod("b", "10.0.0.2")]);
  const object = { kind: "Status", code: 410, message: "too old resource version: 10 (12)" };
  response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
  await fixture.clock.pass(FIRST_DELAY_MS);
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.2:80"]);
  expect(fixture.api.listsOf(PODS).map(({ query }) => query.get("resourceVersion"))).toEqual(["0", null]);
  expect(fixture.errors).toEqual([]);
});

test("long lists come in pages", async () => {
  const fixture = await setUp({ [PODS]: [] });
  fixture.api.answer = ({ query }, response) => {
    if (query.has("watch")) return false;
    const isFirst = !query.has("continue");
    const items = isFirst ? [pod("a", "10.0.0.1")] : [pod("b", "10.0.0.2")];
    const metadata = { resourceVersion: "10", continue: isFirst ? "more" : "" };
    response.end(JSON.stringify({ metadata, items }));
    return true;
  };
  fixture.start({ role: "pod", api_server: fixture.api.url });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
  expect(fixture.api.listsOf(PODS).map(({ query }) => Object.fromEntries(query))).toEqual([
    { limit: "500", resourceVersion: "0" },
    { limit: "500", continue: "more" },
  ]);
});

test("what was known stays while the API is away, and is asked for ever more rarely", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  fixture.start({ role: "pod", api_server: fixture.api.url });
  await fixture.next();
  await fixture.api.watch(PODS);
  await fixture.api.stop();
  for (const delayMs of [800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000]) await fixture.clock.pass(delayMs * 1.5);
  await fixture.clock.pass(30_000 * 1.5);
  expect(fixture.told).toHaveLength(1);
  expect(fixture.errors[0]).toContain("Failed to list or watch Kubernetes objects");
  expect(fixture.errors.at(-1)).toContain("ECONNREFUSED");

  await until(() => (fixture.clock.waiting.get(45_000) ?? 0) > 0);
  await fixture.api.start();
  await fixture.clock.pass(45_000);
  await fixture.api.emit(PODS, "ADDED", pod("b", "10.0.0.2"));
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
  // It went on where it was.
  expect(fixture.api.listsOf(PODS)).toHaveLength(1);
  expect(fixture.api.watchesOf(PODS).at(-1)!.query.get("resourceVersion")).toBe("10");
});

test("a watch on which nothing comes, not even its end, is given up", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  fixture.start({ role: "pod", api_server: fixture.api.url });
  await fixture.next();
  await fixture.api.watch(PODS);
  await fixture.clock.pass(450_000 + 30_000);
  await fixture.clock.pass(FIRST_DELAY_MS);
  await until(() => fixture.api.watchesOf(PODS).length === 2);
  expect(fixture.errors).toHaveLength(1);
  expect(fixture.errors[0]).toContain("no end after 480000 ms");
});

test("an answer that is no JSON, or no list, is logged and asked for again", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  const wrong = ["{", '{"metadata":{"resourceVersion":"1"},"items":{}}', "[]"];
  fixture.api.answer = (_request, response) => {
    const text = wrong.shift();
    if (text !== undefined) response.end(text);
    return text !== undefined;
  };
  fixture.start({ role: "pod", api_server: fixture.api.url });
  for (const delayMs of [800, 1_600, 3_200]) await fixture.clock.pass(delayMs * 1.5);
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  expect(fixture.errors.map((line) => /"error": "([^"]*)/.exec(line)?.[1])).toEqual([
    expect.stringContaining("the API's answer is no JSON"),
    "the answer is no list",
    "the answer is no list",
  ]);
});

test("events that cannot be read end the watch, and all is listed anew", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  fixture.start({ role: "pod", api_server: fixture.api.url });
  await fixture.next();
  const lines = ["{broken\n", '{"type":"ADDED"}\n', '{"type":"NEW","object":{"metadata":{"resourceVersion":"12"}}}\n'];
  for (const [i, line] of lines.entries()) {
    (await fixture.api.watch(PODS)).response.write(line);
    await until(() => fixture.errors.length === i + 1);
    await until(() => fixture.api.watches.length === 0);
    await fixture.clock.pass(FIRST_DELAY_MS * 2 ** i);
    expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  }
  expect(fixture.api.listsOf(PODS)).toHaveLength(4);
});

test("an object that is not as it should be has no targets, and the others have theirs", async () => {
  const odd: AnyObject = {
    metadata: { name: "odd", namespace: "shop" },
    spec: { containers: 7 },
    status: { podIP: "1" },
  };
  const fixture = await setUp({ [PODS]: [odd, pod("a", "10.0.0.1")] });
  fixture.start({ role: "pod", api_server: fixture.api.url });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  expect(fixture.errors).toHaveLength(1);
  expect(fixture.errors[0]).toContain('"object": "shop/odd"');
});

test("a namespace that may not be seen does not hide the others", async () => {
  const inShop = "/api/v1/namespaces/shop/pods";
  const fixture = await setUp({ [inShop]: [pod("a", "10.0.0.1")] });
  fixture.api.answer = ({ path }, response) => {
    if (!path.includes("secret")) return false;
    reject(response, 403, "pods is forbidden");
    return true;
  };
  fixture.start({ role: "pod", api_server: fixture.api.url, namespaces: { names: ["secret", "shop", "shop"] } });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  await until(() => fixture.errors.length === 1);
  expect(fixture.errors[0]).toContain('"error": "403 pods is forbidden"');
  expect(fixture.api.listsOf(inShop)).toHaveLength(1);
});

test("namespaces and selectors are asked for", async () => {
  const fixture = await setUp({
    "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices": [],
    "/api/v1/namespaces/shop/services": [],
    "/api/v1/namespaces/shop/pods": [],
    "/api/v1/nodes": [],
  });
  fixture.start({
    role: "endpointslice",
    api_server: `${fixture.api.url}/`,
    namespaces: { names: ["shop"] },
    attach_metadata: { node: true },
    selectors: [
      { role: "endpointslice", label: "a in (b, c)" },
      { role: "pod", field: "spec.nodeName=n" },
      { role: "service", label: "s=1", field: "metadata.name=x" },
    ],
  });
  expect(await fixture.next()).toEqual([]);
  await until(() => fixture.api.watches.length === 4);
  const asked = fixture.api.requests.map(({ path, query }) =>
    [path.split("/").at(-1), query.get("labelSelector"), query.get("fieldSelector")].join(" "),
  );
  // Each is listed, then watched.
  expect([...new Set(asked)].toSorted()).toEqual([
    "endpointslices a in (b, c) ",
    "nodes  ",
    "pods  spec.nodeName=n",
    "services s=1 metadata.name=x",
  ]);
  expect(asked).toHaveLength(8);
});

test("nothing is asked or told once it was stopped", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  const source = kubernetesSource(read({ role: "pod", api_server: fixture.api.url }), fixture.kit.settings);
  source.start((targets) => fixture.told.push(targets));
  await fixture.next();
  await fixture.api.emit(PODS, "ADDED", pod("b", "10.0.0.2"));
  await until(() => (fixture.clock.waiting.get(GROUP_MS) ?? 0) > 0);
  await source.stop();
  await source.stop();
  await until(() => fixture.api.watches.length === 0);
  expect(fixture.clock.pending).toBe(0);
  expect(fixture.told).toHaveLength(1);
  expect(fixture.errors).toEqual([]);
});
