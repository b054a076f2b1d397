/** The UI in a real browser, on the demo's telemetry: from a latency chart to a log line in two clicks, and back. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, openBrowser, openPage, takePicture } from "./browser.test-kit.ts";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const LATENCY = "histogram_quantile(0.95, sum by (le, job) (rate(http_server_request_duration_seconds_bucket[1m])))";

const directory = temporaryDirectory();
let clew: RunningClew;
let browser: Browser;

describe.skipIf(chromiumPath === undefined)("the UI (needs Chromium)", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    clew = await startClew(directory.path, ["--demo"]);
    browser = await openBrowser();
    await eventually(
      () => exemplarCount(),
      (count) => count > 3,
    );
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await clew.stop();
    directory.remove();
  });

  test("home shows the demo's services, live", async () => {
    const { page, errors } = await openPage(browser, "light");
    await page.goto(clew.ui);
    await page.getByRole("link", { name: "order-service" }).first().waitFor();
    await page.getByRole("link", { name: "inventory-service" }).first().waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("goes from the latency chart to an exemplar's span and its log line in two clicks, and back with the filters intact", async () => {
    const { page, errors } = await openPage(browser, "dark");
    const start = `${clew.ui}/metrics?${new URLSearchParams({ q: LATENCY, from: "now-10m", to: "now" }).toString()}`;
    await page.goto(start);

    const exemplar = page.getByTestId("exemplar").first();
    await exemplar.waitFor();
    await exemplar.click();
    await page.waitForURL(/\/trace\//);
    const spanId = new URL(page.url()).searchParams.get("span") ?? "";
    expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    await page.locator(`[data-testid="span-row"][data-span-id="${spanId}"]`).waitFor();

    const logLine = page.getByTestId("span-pane").getByTestId("span-log").first();
    await logLine.waitFor();
    await logLine.click();
    await page.waitForURL(/[?&]log=/);

    await page.goBack();
    if (!page.url().includes("/metrics")) await page.goBack();
    await page.waitForURL(/\/metrics/);
    const search = new URL(page.url()).searchParams;
    expect(search.get("q")).toBe(LATENCY);
    expect(search.get("from")).toBe("now-10m");
    await page.getByTestId("exemplar").first().waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("a search survives a visit to a trace", async () => {
    const { page, errors } = await openPage(browser, "light");
    await page.goto(`${clew.ui}/traces?service=order-service&error=true&from=now-30m&to=now`);
    const link = page.locator('a[href*="/trace/"]').first();
    await link.waitFor();
    await link.click();
    await page.getByTestId("span-pane").waitFor();
    await page.goBack();
    await page.waitForURL(/\/traces\?/);
    const search = new URL(page.url()).searchParams;
    expect([search.get("service"), search.get("error"), search.get("from")]).toEqual([
      "order-service",
      "true",
      "now-30m",
    ]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test.each(["light", "dark"] as const)(
    "every page draws in %s without an error, and leaves a picture",
    async (theme) => {
      const { page, errors } = await openPage(browser, theme);
      const failed = new URLSearchParams({ service: "inventory-service", tags: '{"error":"true"}' });
      const { data } = await eventually(
        () => getJson<{ data: { traceID: string }[] }>(`${clew.ui}/api/traces?${failed.toString()}`),
        (answer) => answer.data.length > 0,
      );
      const views: readonly [string, string, (page: Page) => Promise<unknown>][] = [
        ["home", "/?from=now-5m", (on) => on.getByTestId("exemplar").first().waitFor()],
        ["traces", "/traces?from=now-5m", (on) => on.locator('a[href*="/trace/"]').first().waitFor()],
        ["trace", `/trace/${data.at(-1)!.traceID}`, (on) => on.getByTestId("span-pane").waitFor()],
        ["logs", "/logs?from=now-5m", (on) => on.getByText("Creating order").first().waitFor()],
        [
          "metrics",
          `/metrics?from=now-5m&q=${encodeURIComponent(LATENCY)}`,
          (on) => on.getByTestId("exemplar").first().waitFor(),
        ],
      ];
      for (const [name, path, drawn] of views) {
        await page.goto(clew.ui + path);
        await drawn(page);
        await takePicture(page, `${name}-${theme}`);
      }
      expect(errors).toEqual([]);
      await page.context().close();
    },
  );
});

async function exemplarCount(): Promise<number> {
  const now = Date.now() / 1_000;
  const parameters = new URLSearchParams({ query: LATENCY, start: String(now - 300), end: String(now) });
  const { data } = await getJson<{ data?: { exemplars: unknown[] }[] }>(
    `${clew.ui}/api/v1/query_exemplars?${parameters.toString()}`,
  );
  return (data ?? []).reduce((total, { exemplars }) => total + exemplars.length, 0);
}
