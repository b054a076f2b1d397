/** The sources that a configuration names. */
import { readFile } from "node:fs/promises";
import { resolve4, resolve6, resolveMx, resolveNs, resolveSrv } from "node:dns/promises";
import { dirname, extname } from "node:path";
import { ClewError } from "@clew/base";
import { parse } from "yaml";
import { Place } from "../schema/place.ts";
import { list } from "../schema/schema.ts";
import { filesOf } from "./files-of.ts";
import { HttpClient } from "../http-client/http-client.ts";
import type { Labels } from "../relabel/labels.ts";
import type { DiscoveryConfig, DnsSdConfig, FileSdConfig, HttpSdConfig } from "./discovery-config.ts";
import { targetGroup, type TargetGroup } from "./target-group.ts";
import { consulSource } from "./consul/consul-sd.ts";
import { labelsOfGroup, RefreshingSource, type DiscoverySettings, type DiscoverySource } from "./discovery.ts";
import { dockerSource } from "./docker/docker-sd.ts";
import { kubernetesSource } from "./kubernetes/kubernetes-sd.ts";
import { WatchedDirectories } from "./watched-directories.ts";

const groups = list(targetGroup);
const MAX_HTTP_SD_BYTES = 64 * 1024 * 1024;

export function sourcesOf(config: DiscoveryConfig, settings: DiscoverySettings): DiscoverySource[] {
  return [
    ...config.static_configs.map(staticSource),
    ...config.file_sd_configs.map((one) => fileSource(one, settings)),
    ...config.http_sd_configs.map((one) => httpSource(one, settings)),
    ...config.dns_sd_configs.map((one) => dnsSource(one, settings)),
    ...config.kubernetes_sd_configs.map((one) => kubernetesSource(one, settings)),
    ...config.docker_sd_configs.map((one) => dockerSource(one, settings)),
    ...config.consul_sd_configs.map((one) => consulSource(one, settings)),
  ];
}

function staticSource(group: TargetGroup): DiscoverySource {
  return { start: (found) => found(labelsOfGroup(group)), stop: () => Promise.resolve() };
}

function fileSource({ files, refresh_interval }: FileSdConfig, settings: DiscoverySettings): DiscoverySource {
  // A file that cannot be read for once keeps its targets.
  const last = new Map<string, readonly Labels[]>();
  const source = new RefreshingSource(settings, "file", refresh_interval, async () => {
    watched.watch(new Set(files.map((file) => dirname(file))));
    const paths = files.flatMap(filesOf);
    for (const path of last.keys()) if (!paths.includes(path)) last.delete(path);
    for (const path of paths) {
      try {
        last.set(path, await readTargets(path));
      } catch (error) {
        const text = error instanceof ClewError ? error.what : String(error);
        settings.logger.error("Error reading file", { path, error: text });
      }
    }
    return [...last.values()].flat();
  });
  const watched = new WatchedDirectories(settings.clock, () => source.refresh());
  return {
    start: (found) => source.start(found),
    stop() {
      watched.close();
      return source.stop();
    },
  };
}

async function readTargets(path: string): Promise<readonly Labels[]> {
  const text = await readFile(path, "utf8");
  const raw: unknown = extname(path).toLowerCase() === ".json" ? JSON.parse(text) : parse(text);
  return readGroups(raw, path).flatMap((group) => labelsOfGroup(group, { __meta_filepath: path }));
}

function readGroups(raw: unknown, path: string): readonly TargetGroup[] {
  const place = new Place(path, []);
  const read = groups.read(raw, place);
  const [problem] = place.problems;
  if (problem !== undefined) throw new ClewError("CONFIG_INVALID", problem.what, { path: problem.path });
  return read;
}

function httpSource(config: HttpSdConfig, settings: DiscoverySettings): DiscoverySource {
  const client = new HttpClient(config, settings.clock);
  const { url, refresh_interval } = config;
  const source = new RefreshingSource(settings, "http", refresh_interval, async (signal) => {
    const page = await client.get({
      url,
      headers: { accept: "application/json", "user-agent": "clew-collector" },
      maxBytes: MAX_HTTP_SD_BYTES,
      signal,
    });
    return readGroups(JSON.parse(page.body.toString()), url).flatMap((group) =>
      labelsOfGroup(group, { __meta_url: url }),
    );
  });
  return {
    start: (found) => source.start(found),
    async stop() {
      await source.stop();
      await client.close();
    },
  };
}

function dnsSource({ names, type, port, refresh_interval }: DnsSdConfig, settings: DiscoverySettings): DiscoverySource {
  return new RefreshingSource(settings, "dns", refresh_interval, async () => {
    const found = await Promise.all(names.map((name) => lookUp(name, type, port)));
    return found.flat();
  });
}

async function lookUp(name: string, type: DnsSdConfig["type"], port: number): Promise<Labels[]> {
  const labels = (host: string, at: number, more: Readonly<Record<string, string>> = {}): Labels =>
    new Map([
      ["__address__", `${host.includes(":") ? `[${host}]` : host}:${at}`],
      ["__meta_dns_name", name],
      ...Object.entries(more),
    ]);
  switch (type) {
    case "A":
      return (await resolve4(name)).map((host) => labels(host, port));
    case "AAAA":
      return (await resolve6(name)).map((host) => labels(host, port));
    case "MX":
      return (await resolveMx(name)).map(({ exchange }) =>
        labels(exchange, port, { __meta_dns_mx_record_target: exchange }),
      );
    case "NS":
      return (await resolveNs(name)).map((host) => labels(host, port, { __meta_dns_ns_record_target: host }));
    default:
      return (await resolveSrv(name)).map((record) =>
        labels(record.name, record.port, {
          __meta_dns_srv_record_target: record.name,
          __meta_dns_srv_record_port: String(record.port),
        }),
      );
  }
}
