/**
 * The trace page with a large trace in headless Chromium (software raster): time until it can be
 * used, and what a frame costs the main thread while the waterfall is scrolled at 3,000 px/s and flung.
 *
 *     npm run bench -- waterfall [spans, 10000]
 */
import { randomBytes } from "node:crypto";
import { chromium } from "playwright-core";
import { encode, PROTOCOLS } from "../packages/otlp/dist/index.js";
import { findTool } from "../scripts/optional-tools.mjs";
import { startClew } from "./running-clew.mjs";

const SCROLLS = [
  { name: "scroll 3,000 px/s", pixelsPerSecond: 3_000 },
  { name: "fling 100,000 px/s", pixelsPerSecond: 100_000 },
];
const SCROLL_MS = 3_000;
const count = Number(process.argv[2] ?? 10_000);
const executablePath = findTool("chromium");
if (executablePath === undefined) {
  console.error("This needs Chromium: apt-get install chromium");
  process.exit(1);
}

const clew = await startClew();
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  const traceId = await send(clew.otlpHttp, count);
  while ((await fetch(`${clew.ui}/api/clew/v1/traces/${traceId}`)).status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 100));
  const page = await browser.newPage({ viewport: { width: 1_600, height: 900 } });
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const startedAt = performance.now();
  await page.goto(`${clew.ui}/trace/${traceId}`);
  await page.getByTestId("span-row").nth(20).waitFor();
  console.log(`${count} spans: rows on the screen ${Math.round(performance.now() - startedAt)} ms after navigation`);
  for (const { name, pixelsPerSecond } of SCROLLS) {
    const before = await taskSeconds(session);
    const frames = await page.evaluate(scroll, { pixelsPerSecond, durationMs: SCROLL_MS });
    const taskMs = ((await taskSeconds(session)) - before) * 1_000;
    const sorted = frames.toSorted((a, b) => a - b);
    const p95 = sorted[Math.floor(sorted.length * 0.95)].toFixed(1);
    const fps = (frames.length / (SCROLL_MS / 1_000)).toFixed(1);
    console.log(
      `${name.padEnd(20)} ${(taskMs / frames.length).toFixed(1)} ms of main thread a frame, ${fps} frames/s, p95 frame ${p95} ms`,
    );
  }
} finally {
  await browser.close();
  await clew.stop();
}

async function taskSeconds(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value;
}

/** Runs in the page: scrolls the waterfall to and fro; resolves to the length of each frame in milliseconds. */
function scroll({ pixelsPerSecond, durationMs }) {
  let scroller = document.querySelector('[data-testid="span-row"]');
  while (
    scroller !== null &&
    !(scroller.scrollHeight > scroller.clientHeight + 100 && getComputedStyle(scroller).overflowY !== "visible")
  ) {
    scroller = scroller.parentElement;
  }
  return new Promise((resolve) => {
    const frames = [];
    const startedAt = performance.now();
    let last = startedAt;
    const frame = (now) => {
      frames.push(now - last);
      last = now;
      const range = scroller.scrollHeight - scroller.clientHeight;
      const travelled = (((now - startedAt) / 1_000) * pixelsPerSecond) % (2 * range);
      scroller.scrollTop = travelled > range ? 2 * range - travelled : travelled;
      if (now - startedAt < durationMs) requestAnimationFrame(frame);
      else resolve(frames);
    };
    requestAnimationFrame(frame);
  });
}

/** Sends one trace: each span has six children, until there are enough. */
async function send(otlpHttp, spanCount) {
  const traceId = randomBytes(16);
  const ids = Array.from({ length: spanCount }, () => randomBytes(8));
  const start = BigInt(Date.now() - 10_000) * 1_000_000n;
  const resources = ["web", "cart", "payment", "inventory", "database"].map((service) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
    scopeSpans: [{ spans: [] }],
  }));
  for (let i = 0; i < spanCount; i++) {
    const startTimeUnixNano = start + BigInt(i) * 500_000n;
    resources[i % resources.length].scopeSpans[0].spans.push({
      traceId,
      spanId: ids[i],
      ...(i === 0 ? {} : { parentSpanId: ids[Math.floor((i - 1) / 6)] }),
      name: `operation ${i % 37}`,
      kind: 1 + (i % 3),
      startTimeUnixNano,
      endTimeUnixNano: startTimeUnixNano + BigInt(1_000_000 + ((i * 7_919) % 9_000_000)),
      ...(i % 997 === 5 ? { status: { code: 2, message: "failed" } } : {}),
    });
  }
  const body = encode(PROTOCOLS.traces.request, { resourceSpans: resources });
  const response = await fetch(`${otlpHttp}/v1/traces`, {
    method: "POST",
    headers: { "Content-Type": "application/x-protobuf" },
    body,
  });
  if (!response.ok) throw new Error(`the trace was refused with ${response.status}`);
  return traceId.toString("hex");
}
