import { systemClock } from "@clew/base";
import { Labels } from "@clew/query";
import { EmbeddedAlertmanager, type PostedAlert, Silences } from "@clew/rules";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listen, type ListeningServer } from "../http-server.ts";
import type { Json } from "../running-server.test-kit.ts";
import { alertmanagerApi } from "./alertmanager-api.ts";

const CONFIG = `
route: {receiver: team, routes: [{matchers: [severity="page"], receiver: pager, continue: true}, {matchers: [job=~".+"], receiver: team}]}
receivers: [{name: team}, {name: pager}]
inhibit_rules: [{source_matchers: [severity="page"], target_matchers: [severity="info"], equal: [job]}]
`;

let kept: string | undefined;
let alertmanager: EmbeddedAlertmanager;
let server: ListeningServer;

beforeAll(async () => {
  const file = {
    read: async (): Promise<string | undefined> => kept,
    write: async (text: string) => void (kept = text),
  };
  alertmanager = await EmbeddedAlertmanager.start({
    clock: systemClock,
    externalUrl: "http://clew",
    report: () => {},
    load: async () => ({ text: CONFIG, templates: [] }),
    silences: file,
    notifications: { read: async () => undefined, write: async () => {} },
  });
  const source = { groups: [], alertmanagers: [], droppedAlertmanagers: [], alertmanager };
  server = await listen(alertmanagerApi(source), "127.0.0.1", 0);
});
afterAll(async () => {
  await server.close();
  await alertmanager.stop();
});

const HOUR = 3_600_000;

function silence(changes: object = {}): object {
  return {
    matchers: [{ name: "job", value: "a|b", isRegex: true }],
    startsAt: new Date(Date.now() - 1_000).toISOString(),
    endsAt: new Date(Date.now() + HOUR).toISOString(),
    createdBy: "me",
    comment: "work",
    ...changes,
  };
}

async function call(
  method: string,
  path: string,
  body?: object,
  headers: object = {},
): Promise<{ status: number; body: Json }> {
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v2/${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

const post = (body: object, headers?: object): ReturnType<typeof call> => call("POST", "silences", body, headers);

test("a silence is made, read, changed, and ended", async () => {
  const made = await post(silence());
  expect(made).toEqual({ status: 200, body: { silenceID: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
  const id = made.body.silenceID;
  const one = await call("GET", `silence/${id}`);
  expect(one).toMatchObject({
    status: 200,
    body: {
      id,
      status: { state: "active" },
      matchers: [{ name: "job", value: "a|b", isRegex: true, isEqual: true }],
      createdBy: "me",
      comment: "work",
    },
  });
  expect(alertmanager.silences.of(Labels.of({ job: "b" }))).toHaveLength(1);
  expect(alertmanager.silences.of(Labels.of({ job: "bb" }))).toHaveLength(0);
  const longer = silence({
    id,
    startsAt: one.body.startsAt,
    comment: "more work",
    endsAt: new Date(Date.now() + 2 * HOUR).toISOString(),
  });
  expect((await post(longer)).body).toEqual({ silenceID: id });
  const other = await post({ ...longer, matchers: [{ name: "job", value: "c", isRegex: false }] });
  expect(other).toMatchObject({ status: 200, body: { silenceID: expect.not.stringMatching(id) } });
  expect((await call("GET", `silence/${id}`)).body.status).toEqual({ state: "expired" });
  const all = await call("GET", "silences");
  expect(all.body.map(({ status }: Json) => status.state)).toEqual(["active", "expired"]);
  expect((await call("GET", "silences?filter=job%3D%22c%22")).body).toMatchObject([{ id: other.body.silenceID }]);
  expect((await call("GET", "silences?filter=team=x")).body).toEqual([]);
  expect((await call("DELETE", `silence/${other.body.silenceID}`)).status).toBe(200);
  expect(alertmanager.silences.of(Labels.of({ job: "c" }))).toHaveLength(0);
  expect(await call("DELETE", `silence/${other.body.silenceID}`)).toEqual({
    status: 500,
    body: `silence ${other.body.silenceID} already expired`,
  });
  const again = await Silences.open(systemClock, { read: async () => kept, write: async () => {} });
  expect(new Set(again.all.map((silence) => silence.id))).toEqual(new Set([id, other.body.silenceID]));
});

function posted(labels: Readonly<Record<string, string>>, endsInMs = HOUR): PostedAlert {
  const nowMs = Date.now();
  return {
    labels: Labels.of({ alertname: "Down", ...labels }),
    annotations: new Map([["summary", "it is"]]),
    startsAtMs: nowMs - 1_000,
    endsAtMs: nowMs + endsInMs,
    updatedAtMs: nowMs,
    generatorUrl: "http://clew/graph",
  };
}

test("alerts are told with who hears of them, and why nobody does", async () => {
  const info = posted({ job: "a", severity: "info" });
  const page = posted({ job: "a", severity: "page" });
  alertmanager.take([info, page, posted({ job: "quiet" }), posted({ job: "over" }, -1)]);
  const silenceID = (await post(silence({ matchers: [{ name: "job", value: "quiet", isRegex: false }] }))).body
    .silenceID;
  const { body } = await call("GET", "alerts");
  const byJob = new Map(body.map((alert: Json) => [`${alert.labels.job} ${alert.labels.severity ?? "-"}`, alert]));
  expect(new Set(byJob.keys())).toEqual(new Set(["a info", "a page", "quiet -"]));
  expect(byJob.get("a page")).toEqual({
    labels: { alertname: "Down", job: "a", severity: "page" },
    annotations: { summary: "it is" },
    startsAt: new Date(page.startsAtMs).toISOString(),
    endsAt: new Date(page.endsAtMs).toISOString(),
    updatedAt: new Date(page.updatedAtMs).toISOString(),
    generatorURL: "http://clew/graph",
    fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    receivers: [{ name: "pager" }, { name: "team" }],
    status: { state: "active", silencedBy: [], inhibitedBy: [], mutedBy: [] },
  });
  const { fingerprint } = byJob.get("a page") as Json;
  expect(byJob.get("a info")).toMatchObject({
    status: { state: "suppressed", inhibitedBy: [fingerprint], silencedBy: [] },
  });
  expect(byJob.get("quiet -")).toMatchObject({ status: { state: "suppressed", silencedBy: [silenceID] } });
  const found = async (parameters: string): Promise<string[]> =>
    (await call("GET", `alerts?${parameters}`)).body.map(({ labels }: Json) => labels.severity ?? labels.job).sort();
  expect(await found("silenced=false")).toEqual(["info", "page"]);
  expect(await found("inhibited=false&silenced=false")).toEqual(["page"]);
  expect(await found("active=false")).toEqual(["info", "quiet"]);
  expect(await found("receiver=pag.*")).toEqual(["page"]);
  expect(await found("filter=severity%3D~%22p.*%22")).toEqual(["page"]);
  expect(await call("GET", "alerts?active=perhaps")).toMatchObject({ status: 422, body: { code: 601 } });
  expect(await call("GET", "alerts?receiver=(")).toMatchObject({
    status: 400,
    body: expect.stringContaining("failed to parse receiver param"),
  });
});

const UNKNOWN = "11111111-1111-1111-1111-111111111111";

test.each([
  [
    "an end before the beginning",
    { endsAt: "2020-01-01T00:00:00Z" },
    400,
    "Failed to create silence: start time must be before end time",
  ],
  [
    "an end in the past",
    { startsAt: "2020-01-01T00:00:00Z", endsAt: "2020-01-02T00:00:00Z" },
    400,
    "Failed to create silence: end time can't be in the past",
  ],
  ["no matcher", { matchers: [] }, 400, "invalid silence: at least one matcher required"],
  [
    "a matcher of everything",
    { matchers: [{ name: "a", value: ".*", isRegex: true }] },
    400,
    "invalid silence: at least one matcher must not match the empty string",
  ],
  [
    "a wrong expression",
    { matchers: [{ name: "a", value: "(", isRegex: true }] },
    400,
    expect.stringContaining('invalid silence: invalid label matcher 0: invalid regular expression "("'),
  ],
  ["an unknown id", { id: UNKNOWN }, 404, "silence not found"],
  ["a missing comment", { comment: undefined }, 422, { code: 602, message: "comment in body is required" }],
  [
    "a matcher without a kind",
    { matchers: [{ name: "a", value: "b" }] },
    422,
    { code: 602, message: "matchers.0.isRegex in body is required" },
  ],
  ["no time", { endsAt: "soon" }, 422, { code: 601, message: "endsAt in body must be of type date-time" }],
])("%s is refused", async (_what, changes, status, body) => {
  expect(await post(silence(changes))).toEqual({ status, body });
});

test("other sites, other media types and unknown ids are refused", async () => {
  expect((await post(silence(), { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await post(silence(), { "content-type": "text/plain" })).status).toBe(415);
  expect((await call("DELETE", `silence/${UNKNOWN}`, undefined, { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect(await call("DELETE", `silence/${UNKNOWN}`)).toEqual({ status: 404, body: undefined });
  expect((await call("GET", `silence/${UNKNOWN}`)).status).toBe(404);
  expect((await call("GET", "silence/x")).body).toEqual({
    code: 601,
    message: 'silenceID in path must be of type uuid: "x"',
  });
  expect(await call("GET", "silences?filter=a%20b")).toEqual({ status: 400, body: "bad matcher format: a b" });
});

test("without an Alertmanager in the program there are no silences", async () => {
  const none = await listen(alertmanagerApi(undefined), "127.0.0.1", 0);
  const response = await fetch(`http://127.0.0.1:${none.port}/api/v2/silences`);
  expect([response.status, await response.json()]).toEqual([404, expect.stringContaining("--alertmanager-config")]);
  await none.close();
});
