import { expect, test } from "vitest";
import { withPathsFrom } from "./paths.ts";

test("relative paths count from a directory, wherever they stand; what only looks like one stays", () => {
  const config = {
    global: { external_labels: { a_file: "x" }, query_log_file: "log" },
    scrape_config_files: ["more/*.yml", "/abs/*.yml"],
    scrape_configs: [
      {
        params: { files: ["x"] },
        static_configs: [{ targets: ["t:1"], labels: { config_file: "x" } }],
        file_sd_configs: [{ files: ["t/*.json"] }],
        basic_auth: { username: "u", password_file: "secret" },
        tls_config: { ca_file: "ca.pem", cert_file: "", key_file: undefined },
        http_headers: { X: { values: ["files"], files: ["header"] } },
      },
    ],
  };
  expect(withPathsFrom("/conf", config)).toEqual({
    global: { external_labels: { a_file: "x" }, query_log_file: "/conf/log" },
    scrape_config_files: ["/conf/more/*.yml", "/abs/*.yml"],
    scrape_configs: [
      {
        params: { files: ["x"] },
        static_configs: [{ targets: ["t:1"], labels: { config_file: "x" } }],
        file_sd_configs: [{ files: ["/conf/t/*.json"] }],
        basic_auth: { username: "u", password_file: "/conf/secret" },
        tls_config: { ca_file: "/conf/ca.pem", cert_file: "", key_file: undefined },
        http_headers: { X: { values: ["files"], files: ["/conf/header"] } },
      },
    ],
  });
});
