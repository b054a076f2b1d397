/** Sends notifications by e-mail. */
import { messageOf } from "@clew/base";
import type { Transporter } from "nodemailer";
import type { EmailConfig } from "../config/alertmanager-config.ts";
import { type Notifier, NotifyError } from "../notification.ts";
import type { NotificationTemplates } from "../notification-templates.ts";
import { secretText } from "./http-answer.ts";

const TIMEOUT_MS = 30_000;
const SUBJECT = '{{ template "email.default.subject" . }}';
/** From here on a mail server says that sending again does not help (RFC 5321, 4.2.1). */
const PERMANENT = 500;

export function emailNotifier(name: string, config: EmailConfig, templates: NotificationTemplates): Notifier {
  const { to, from, html, text: plain, headers } = config;
  for (const text of [to, from, html, plain, ...Object.values(headers)]) templates.check(text);
  return {
    kind: "email",
    name,
    sendResolved: config.sendResolved,
    async notify(notification) {
      const text = (template: string): string => templates.text(template, notification);
      const { Subject = SUBJECT, To = config.to, From = config.from, ...others } = config.headers;
      const message = {
        envelope: { from: text(config.from), to: text(config.to) },
        from: text(From),
        to: text(To),
        subject: text(Subject),
        headers: Object.fromEntries(Object.entries(others).map(([header, value]) => [header, text(value)])),
        ...(config.text === "" ? {} : { text: text(config.text) }),
        ...(config.html === "" ? {} : { html: templates.html(config.html, notification) }),
      };
      const transport = await transportOf(config);
      try {
        await transport.sendMail(message);
      } catch (cause) {
        const { responseCode = 0 } = cause as { readonly responseCode?: number };
        throw new NotifyError(messageOf(cause), responseCode < PERMANENT, { cause });
      } finally {
        transport.close();
      }
    },
  };
}

async function transportOf(config: EmailConfig): Promise<Transporter> {
  // Most programs send no mail, and need not hold what that takes.
  const { createTransport } = await import("nodemailer");
  const { host, port, hello, username, password, requireTls, implicitTls, insecureSkipVerify } = config;
  return createTransport({
    host,
    port,
    name: hello,
    secure: implicitTls,
    requireTLS: requireTls && !implicitTls,
    ignoreTLS: !requireTls && !implicitTls,
    tls: { rejectUnauthorized: !insecureSkipVerify },
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(username === ""
      ? {}
      : { auth: { user: username, pass: password === undefined ? "" : await secretText(password) } }),
  });
}
