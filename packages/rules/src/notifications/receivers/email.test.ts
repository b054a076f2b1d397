import { Labels } from "@clew/query";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readAlertmanagerConfig } from "../config/read-alertmanager-config.ts";
import { NotificationTemplates } from "../notification-templates.ts";
import type { Notification, Notifier } from "../notification.ts";
import { notifiersOf } from "./notifiers.ts";
import { smtpServer, type SmtpServer } from "./smtp-server.test-kit.ts";

let server: SmtpServer;
beforeAll(async () => void (server = await smtpServer()));
afterAll(() => server.close());
beforeEach(() => {
  server.lines.length = 0;
  server.refuse = undefined;
});

function notifier(more: string): Notifier {
  const text = `
global: {smtp_smarthost: '127.0.0.1:${server.port}', smtp_from: 'Clew <clew@example.com>', smtp_hello: me.example.com}
route: {receiver: r}
receivers: [{name: r, email_configs: [{to: 'a@example.com, "B" <b@example.com>', ${more}}]}]`;
  const { receivers } = readAlertmanagerConfig(text);
  return notifiersOf(receivers.get("r")!, new NotificationTemplates([]))[0]!;
}

const NOTIFICATION: Notification = {
  receiver: "r",
  groupKey: "{}:{}",
  groupLabels: Labels.of({ alertname: "Down" }),
  externalUrl: "http://clew",
  alerts: [
    {
      labels: Labels.of({ alertname: "Down", job: "<b>é" }),
      annotations: new Map([["summary", "it is down"]]),
      startsAtMs: 0,
      endsAtMs: 1,
      updatedAtMs: 0,
      generatorUrl: "http://clew/graph?g0.expr=up&g0.tab=1",
      isResolved: false,
    },
  ],
};
const NEVER = new AbortController().signal;

/** The message as it was sent, decoded. */
function message(): string {
  const data = server.lines.slice(server.lines.indexOf("DATA") + 1, server.lines.lastIndexOf(".")).join("\n");
  return data
    .replace(/=\n/g, "")
    .replace(/(?:=[0-9A-F]{2})+/g, (bytes) => decodeURIComponent(bytes.replaceAll("=", "%")));
}

test("a mail has its parts, its headers, and what comes from alerts escaped", async () => {
  const one = notifier(
    "require_tls: false, text: '{{ .CommonAnnotations.summary }}', headers: {subject: 'About {{ .CommonLabels.alertname }}', x-team: web}",
  );
  await one.notify(NOTIFICATION, NEVER);
  expect(server.lines).toEqual(
    expect.arrayContaining([
      "EHLO me.example.com",
      "MAIL FROM:<clew@example.com>",
      "RCPT TO:<a@example.com>",
      "RCPT TO:<b@example.com>",
    ]),
  );
  expect(message()).toMatch(/^Subject: About Down$/m);
  expect(message()).toMatch(/^X-Team: web$/m);
  expect(message()).toMatch(/^From: Clew <clew@example.com>$/m);
  expect(message()).toMatch(/multipart\/alternative/);
  expect(message()).toContain("it is down");
  expect(message()).toContain("<td>&lt;b&gt;é</td>");
  expect(message()).toContain('<a href="http://clew/graph?g0.expr=up&amp;g0.tab=1">');
  expect(message()).toContain("[FIRING:1] Down (&lt;b&gt;é)");
});

test("a user and password are proven, which a file may have", async () => {
  await notifier("require_tls: false, auth_username: me, auth_password: secret").notify(NOTIFICATION, NEVER);
  const plain = Buffer.from("\0me\0secret").toString("base64");
  expect(server.lines).toContain(`AUTH PLAIN ${plain}`);
  await expect(
    notifier("require_tls: false, auth_username: me, auth_password_file: /nowhere").notify(NOTIFICATION, NEVER),
  ).rejects.toThrow("could not read /nowhere");
});

test("without TLS nothing is sent unless the configuration allows it", async () => {
  await expect(notifier("html: x").notify(NOTIFICATION, NEVER)).rejects.toThrow(/STARTTLS|TLS/);
  expect(server.lines.some((line) => line.startsWith("MAIL"))).toBe(false);
});

test("what may help is tried again, what is refused for good is not", async () => {
  const one = notifier("require_tls: false");
  server.refuse = { command: "RCPT", answer: "451 later" };
  await expect(one.notify(NOTIFICATION, NEVER)).rejects.toMatchObject({ mayRetry: true });
  server.refuse = { command: "MAIL", answer: "550 never" };
  await expect(one.notify(NOTIFICATION, NEVER)).rejects.toMatchObject({ mayRetry: false });
});
