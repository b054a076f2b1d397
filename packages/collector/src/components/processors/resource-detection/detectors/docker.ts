import type { Detector } from "../detector.ts";

const SOCKET = "/var/run/docker.sock";

/** Asks the Docker daemon for its host. `DOCKER_HOST` may name another socket. */
export const detectDocker: Detector = async ({ env, get }) => {
  const socketPath = /^unix:\/\/(.+)$/.exec(env["DOCKER_HOST"] ?? "")?.[1] ?? SOCKET;
  const info = JSON.parse(await get("http://docker/info", { socketPath })) as { Name?: string; OSType?: string };
  return { "host.name": info.Name, "os.type": info.OSType };
};
