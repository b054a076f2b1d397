import { request } from "node:http";
import type { DetectorWorld } from "./detector.ts";

const MAX_ANSWER_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 2_000;

/** The collector's own environment and network. */
export const nodeWorld: DetectorWorld = {
  env: process.env,
  get: (url, { method = "GET", headers = {}, socketPath, timeoutMs = DEFAULT_TIMEOUT_MS } = {}) =>
    new Promise((resolve, reject) => {
      const options = { method, headers, timeout: timeoutMs, ...(socketPath === undefined ? {} : { socketPath }) };
      const sending = request(url, options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > MAX_ANSWER_BYTES)
            sending.destroy(new Error(`${url} answers more than ${MAX_ANSWER_BYTES} bytes`));
        });
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${url} answers ${response.statusCode}`));
        });
      });
      sending.on("timeout", () => sending.destroy(new Error(`${url} does not answer within ${timeoutMs} ms`)));
      sending.on("error", reject);
      sending.end();
    }),
};
