import { expect, test } from "vitest";
import { problemsIn } from "../../schema/read.test-kit.ts";
import { kubernetesSd } from "./kubernetes-sd.ts";

const problemsOf = (config: object): string[] => problemsIn(kubernetesSd, config);

test("what Prometheus takes is taken", () => {
  const one = { label: "foo=bar", field: "metadata.status=Running" };
  const configs = [
    { role: "endpoints" },
    { role: "endpoints", kubeconfig_file: "/user1/.kube/config" },
    { role: "pod", namespaces: { own_namespace: true, names: ["a"] } },
    { role: "endpoints", selectors: ["pod", "service", "endpoints"].map((role) => ({ role, ...one })) },
    { role: "ingress", selectors: [{ role: "ingress", ...one }] },
    { role: "node", selectors: [{ role: "node", ...one }] },
    { role: "service", selectors: [{ role: "service", ...one }] },
    { role: "pod", selectors: [{ role: "pod", label: "foo in (bar,baz)", field: "metadata.status=Running" }] },
    { role: "pod", selectors: [{ role: "node", ...one }] },
    { role: "pod", api_server: "https://localhost:1234", basic_auth: { username: "u", password: "p" } },
  ];
  expect(configs.flatMap(problemsOf)).toEqual([]);
});

test("what Prometheus refuses is refused in its words", () => {
  const basic_auth = { username: "u", password: "p" };
  const selecting = (role: string, ...roles: string[]): object => ({
    role,
    selectors: roles.map((one) => ({ role: one })),
  });
  const cases: [object, string][] = [
    [{}, "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)"],
    [{ role: "vacation" }, 'unknown Kubernetes SD role "vacation"'],
    [
      { role: "pod", kubeconfig_file: "/k", api_server: "https://a" },
      "cannot use 'kubeconfig_file' and 'api_server' simultaneously",
    ],
    [
      { role: "pod", kubeconfig_file: "/k", basic_auth },
      "cannot use a custom HTTP client configuration together with 'kubeconfig_file'",
    ],
    [
      { role: "pod", tls_config: { insecure_skip_verify: true } },
      "to use custom HTTP client configuration please provide the 'api_server' URL explicitly",
    ],
    [
      { role: "pod", api_server: "https://a", namespaces: { own_namespace: true } },
      "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously",
    ],
    [
      { role: "pod", kubeconfig_file: "/k", namespaces: { own_namespace: true } },
      "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously",
    ],
    [
      { role: "pod", api_server: "https://a", bearer_token: "a", bearer_token_file: "b" },
      "at most one of bearer_token & bearer_token_file must be configured",
    ],
    [{ role: "pod", api_server: "http://" }, '"http://" is no URL'],
    [selecting("pod", "pod", "pod"), "duplicated selector role: pod"],
    [selecting("endpoints", "node"), "endpoints role supports only pod, service, endpoints selectors"],
    [selecting("endpointslice", "node"), "endpointslice role supports only pod, service, endpointslice selectors"],
    [selecting("ingress", "pod"), "ingress role supports only ingress selectors"],
    [selecting("node", "pod"), "node role supports only node selectors"],
    [selecting("pod", "service"), "pod role supports only pod, node selectors"],
    [selecting("service", "pod"), "service role supports only service selectors"],
  ];
  expect(cases.map(([config]) => problemsOf(config))).toEqual(cases.map(([, problem]) => [problem]));
});

test("a selector that Kubernetes would not understand is refused in its words", () => {
  const problems = (selector: object): string[] =>
    problemsOf({ role: "pod", selectors: [{ role: "pod", ...selector }] });
  const fields: [string, string | undefined][] = [
    ["", undefined],
    ["a=b,,c!=d,e==f\\,g", undefined],
    [
      "metadata.status-Running",
      "invalid selector: 'metadata.status-Running'; can't understand 'metadata.status-Running'",
    ],
    ["a=b,c", "invalid selector: 'a=b,c'; can't understand 'c'"],
    ["a=b\\x", "invalid field selector: invalid escape sequence: \\x"],
    ["a=b=c", "invalid field selector: unescaped character in value: 61"],
  ];
  expect(fields.map(([field]) => problems({ field }))).toEqual(fields.map(([, problem]) => (problem ? [problem] : [])));
  const labels: [string, string | undefined][] = [
    ["", undefined],
    ["x in (foo,,baz),y,z notin ()", undefined],
    ["a.io/b==c,!d,e>3,f!=", undefined],
    ["a=b,", "found '', expected: identifier after ','"],
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ["!a=b", "found '=', expected: ',' or 'end of string'"],
    ["=b", "found '=', expected: !, identifier, or 'end of string'"],
    ["a in b", "unable to parse requirement: found 'b' expected: '('"],
    ["a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"],
  ];
  expect(labels.map(([label]) => problems({ label }))).toEqual(labels.map(([, problem]) => (problem ? [problem] : [])));
  expect(problems({ label: "-a=b" })[0]).toContain('Invalid value: "-a": name part must consist of alphanumeric');
  expect(problems({ label: "a=b_" })[0]).toContain('values[0][a]: Invalid value: "b_": a valid label must be');
  expect(problems({ label: "a>b" })[0]).toContain("for 'Gt', 'Lt' operators, the value must be an integer");
});
