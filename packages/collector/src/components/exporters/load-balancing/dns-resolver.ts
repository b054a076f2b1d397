import { lookup as systemLookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import type { Clock } from "@clew/base";
import type { DnsConfig } from "./config.ts";
import type { Found, Resolver } from "./resolver.ts";

/** All addresses of a host. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

/** Every address of a name is an endpoint. */
export class DnsResolver implements Resolver {
  readonly name = "dns";
  readonly #clock: Clock;
  readonly #config: DnsConfig;
  readonly #lookup: Lookup;
  #stop: () => void = () => {};

  constructor(clock: Clock, config: DnsConfig, lookup: Lookup = (host) => systemLookup(host, { all: true })) {
    this.#clock = clock;
    this.#config = config;
    this.#lookup = lookup;
  }

  async start(found: Found): Promise<void> {
    this.#stop = this.#clock.every(this.#config.interval, () => void this.#resolve(found));
    await this.#resolve(found);
  }

  stop(): void {
    this.#stop();
  }

  async #resolve(found: Found): Promise<void> {
    const { hostname, port, timeout } = this.#config;
    let cancel = (): void => {};
    const tooLate = new Promise<never>((_resolve, reject) => {
      cancel = this.#clock.after(timeout, () => reject(new Error(`lookup ${hostname}: i/o timeout`)));
    });
    try {
      const addresses = await Promise.race([this.#lookup(hostname), tooLate]);
      const hosts = addresses.map(({ address }) => (isIPv6(address) ? `[${address}]` : address));
      found.endpoints(hosts.map((host) => (port === "" ? host : `${host}:${port}`)).sort());
    } catch (error) {
      found.failed(error);
    } finally {
      cancel();
    }
  }
}
