/** Every answer of a run over the API, on a real store, has the shape that the document says; and the document says what Prometheus's does. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { snappyCompress } from "../../../collector/src/compression/snappy.ts";
import { readRequest } from "../remote-read/remote-read.test-kit.ts";
import { requestV1 } from "../remote-write/remote-write.test-kit.ts";
import { startServer, type Json, type RunningServer } from "../running-server.test-kit.ts";
import { openApiDocument } from "./document.ts";
import { OPERATIONS } from "./operations.ts";

const NOW = Math.floor(Date.now() / 1_000);
const TIME = `time=${NOW}`;
const WINDOW = `start=${NOW - 600}&end=${NOW}`;
const q = encodeURIComponent;

let server: RunningServer;
let document: Json;

beforeAll(async () => {
  server = await startServer();
  const at = (value: number): object[] => [{ value, timestamp: (NOW - 60) * 1_000 }];
  const native = { countInt: 3, sum: 4, schema: 0, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [3] };
  const series = [
    {
      labels: { __name__: "seen_total", job: "a" },
      samples: at(1),
      exemplars: [{ labels: { a: "b" }, value: 1, timestamp: (NOW - 60) * 1_000 }],
    },
    { labels: { __name__: "seen_total", job: "b" }, samples: at(2) },
    { labels: { __name__: "seen_native" }, histograms: [{ ...native, timestamp: (NOW - 60) * 1_000 }] },
  ];
  const metadata = [{ type: 1, metricFamilyName: "seen_total", help: "Seen.", unit: "" }];
  const body = new Uint8Array(requestV1(series as never, metadata));
  await fetch(`${server.url}/api/v1/write`, { method: "POST", body });
  await server.running.store.flush();
  document = parse(await (await fetch(`${server.url}/api/v1/openapi.yaml`)).text());
});

afterAll(async () => {
  await server.stop();
});

/** What a query took is not the same twice. */
function withoutStats(body: Json): Json {
  const { stats: _took, ...data } = body.data ?? {};
  return Array.isArray(body.data) || typeof body.data === "string" ? body : { ...body, data };
}

/** What is wrong with an answer, by its path in the document. */
function faultsOf(path: string, method: string, status: number, body: unknown): unknown {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, "api");
  const { responses } = document.paths[path][method.toLowerCase()];
  const { schema } = (responses[String(status)] ?? responses.default).content["application/json"];
  const validate = ajv.compile({ $ref: `api${schema.$ref}` });
  return validate(body) ? [] : validate.errors;
}

describe("answers", () => {
  test.each([
    ["/query", `query=seen_total&${TIME}`, 200],
    ["/query", `query=seen_native&${TIME}`, 200],
    ["/query", `query=seen_total[5m]&${TIME}`, 200],
    ["/query", `query=seen_native[5m]&${TIME}`, 200],
    ["/query", `query=1&${TIME}`, 200],
    ["/query", `query=${q('"text"')}&${TIME}`, 200],
    ["/query", `query=rate(seen_native[5m])%2Bseen_total&limit=1&${TIME}`, 200],
    ["/query", `query=sum(&${TIME}`, 400],
    ["/query", `query=seen_total%2Bon()seen_total&${TIME}`, 422],
    ["/query_range", `query=seen_total&${WINDOW}&step=60&stats=all`, 200],
    ["/query_range", `query=seen_total&${WINDOW}&step=60`, 200],
    ["/query_range", `query={__name__=~"seen.*"}&${WINDOW}&step=60`, 200],
    ["/query_range", `query=1&${WINDOW}`, 400],
    ["/query_exemplars", `query=seen_total&${WINDOW}`, 200],
    ["/format_query", `query=sum(seen_total)by(job)`, 200],
    ["/parse_query", `query=sum(rate(seen_total[5m]))by(job)`, 200],
    ["/parse_query", `query=sum(`, 400],
    ["/labels", WINDOW, 200],
    ["/labels", `${WINDOW}&limit=1`, 200],
    ["/labels", `match[]={}`, 400],
    ["/series", `${WINDOW}&match[]=seen_total`, 200],
    ["/series", WINDOW, 400],
    ["/metadata", "", 200],
    ["/metadata", "metric=seen_total&limit=1&limit_per_metric=1", 200],
    ["/metadata", "limit=x", 400],
    ["/scrape_pools", "", 200],
    ["/scrape_pools/config", "scrapePool=none", 400],
    ["/targets", "", 200],
    ["/targets", "state=active", 200],
    ["/targets/metadata", "", 200],
    ["/targets/relabel_steps", "", 400],
    ["/status/config", "", 200],
    ["/status/runtimeinfo", "", 200],
    ["/status/buildinfo", "", 200],
    ["/status/flags", "", 200],
    ["/status/tsdb", "", 200],
    ["/status/tsdb", "limit=0", 400],
    ["/status/tsdb/blocks", "", 200],
    ["/status/walreplay", "", 200],
    ["/status/self_metrics", "metric_name_pattern=a.*", 200],
    ["/status/self_metrics", "metric_name_pattern=(", 400],
    ["/search/metric_names", "", 500],
    ["/search/label_values", "label=a", 500],
    ["/notifications", "", 200],
    ["/features", "", 200],
  ])("GET %s?%s answers %i in its shape", async (path, query, status) => {
    const answer = await server.get(`/api/v1${path}?${query}`);
    expect([answer.status, faultsOf(path, "get", answer.status, answer.body)]).toEqual([status, []]);
    if (document.paths[path].post === undefined) return;
    const form = new URLSearchParams(query);
    const posted = await fetch(`${server.url}/api/v1${path}`, { method: "POST", body: form });
    expect(withoutStats(await posted.json())).toEqual(withoutStats(answer.body));
  });

  test("values of a label", async () => {
    const answer = await server.get(`/api/v1/label/job/values?${WINDOW}`);
    expect(answer.body.data).toEqual(["a", "b"]);
    expect(faultsOf("/label/{name}/values", "get", 200, answer.body)).toEqual([]);
  });

  test.each(["delete_series?match[]=up", "clean_tombstones", "snapshot"])("POST and PUT of %s", async (path) => {
    for (const method of ["POST", "PUT"]) {
      const response = await fetch(`${server.url}/api/v1/admin/tsdb/${path}`, { method });
      const [plain = ""] = path.split("?");
      expect(faultsOf(`/admin/tsdb/${plain}`, method, response.status, await response.json())).toEqual([]);
    }
  });

  test("statistics count what is there", async () => {
    const { body } = await server.get("/api/v1/status/tsdb");
    expect(body.data).toMatchObject({
      headStats: { numSeries: 3, numLabelPairs: 4, minTime: (NOW - 60) * 1_000, maxTime: (NOW - 60) * 1_000 },
      seriesCountByMetricName: [
        { name: "seen_total", value: 2 },
        { name: "seen_native", value: 1 },
      ],
      labelValueCountByLabelName: [
        { name: "__name__", value: 2 },
        { name: "job", value: 2 },
      ],
      memoryInBytesByLabelName: [
        { name: "__name__", value: 31 },
        { name: "job", value: 2 },
      ],
      seriesCountByLabelValuePair: [
        { name: "__name__=seen_total", value: 2 },
        { value: 1 },
        { value: 1 },
        { value: 1 },
      ],
    });
  });

  test("what senders and remote readers speak is served", async () => {
    const post = async (path: string, body: Uint8Array, type: string): Promise<number> =>
      (
        await fetch(`${server.url}/api/v1${path}`, {
          method: "POST",
          body: new Uint8Array(body),
          headers: { "content-type": type },
        })
      ).status;
    expect(await post("/write", snappyCompress(new Uint8Array(0)), "application/x-protobuf")).toBe(204);
    expect(await post("/otlp/v1/metrics", new Uint8Array(0), "application/x-protobuf")).toBe(200);
    expect(await post("/read", readRequest([]), "application/x-protobuf")).toBe(200);
  });
});

const DATA = process.env["CLEW_CONFORMANCE_DIR"] ?? join(import.meta.dirname, "../../../../../shared/conformance");
const GOLDEN = join(DATA, "prometheus/openapi/openapi_3.1_golden.yaml");
/** Forms in bodies, which have no names here. */
const LEFT_OUT_SCHEMAS = /PostInputBody$/;

describe.skipIf(!existsSync(GOLDEN))("beside Prometheus's own document (needs its golden file)", () => {
  const golden = existsSync(GOLDEN) ? (parse(readFileSync(GOLDEN, "utf8")) as Json) : undefined;

  test("the same operations with the same parameters", () => {
    const told = (paths: Json): unknown =>
      Object.entries<Json>(paths)
        .flatMap(([path, methods]) =>
          Object.entries<Json>(methods).map(([method, { parameters = [], requestBody }]) => {
            const form = requestBody?.content["application/x-www-form-urlencoded"]?.schema;
            const fields = form?.$ref === undefined ? form : golden.components.schemas[form.$ref.split("/").at(-1)];
            const names = parameters.map(({ name, required }: Json) => `${name} ${required === true}`);
            return [
              path,
              method,
              names.sort(),
              Object.keys(fields?.properties ?? {}).sort(),
              fields?.required?.toSorted() ?? [],
            ];
          }),
        )
        .sort((a, b) => (String(a) < String(b) ? -1 : 1));
    expect(told(openApiDocumentOf().paths)).toEqual(told(golden.paths));
  });

  test("the same shapes with the same fields", () => {
    const told = (schemas: Json): unknown =>
      Object.fromEntries(
        Object.entries<Json>(schemas)
          .filter(([name]) => !LEFT_OUT_SCHEMAS.test(name))
          .map(([name, { type, properties = {}, required = [], anyOf = [] }]) => [
            name,
            { type, fields: Object.keys(properties).sort(), required: required.toSorted(), choices: anyOf.length },
          ]),
      );
    const [ours, theirs] = [told(openApiDocumentOf().components.schemas), told(golden.components.schemas)] as Json[];
    // A series may have floats beside histograms.
    for (const schemas of [ours, theirs]) {
      schemas.HistogramSeries.fields = schemas.HistogramSeries.fields.filter((name: string) => name !== "values");
    }
    expect(ours).toEqual(theirs);
  });
});

function openApiDocumentOf(): Json {
  return JSON.parse(JSON.stringify(openApiDocument("3.5.0"))) as Json;
}

test("every operation has an id of its own", () => {
  const methods = Object.values<Json>(openApiDocumentOf().paths).flatMap((path) => Object.values<Json>(path));
  const ids = methods.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBe(OPERATIONS.reduce((sum, { methods: own }) => sum + own.length, 0));
});
