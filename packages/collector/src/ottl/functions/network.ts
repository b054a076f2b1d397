/** Converters of addresses. */
import { createHash } from "node:crypto";
import { BlockList, isIP } from "node:net";
import type { Value } from "@clew/otlp";
import type { Context, Getter } from "../context.ts";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { OttlError } from "../ottl-error.ts";
import { int, listOf, optional, string } from "../parameters.ts";
import { urlParts } from "./url.ts";

const url = define("URL", { uRI: string }, (args) => (context) => {
  const one = args.uRI(context);
  if (one === "") throw new OttlError("url cannot be empty");
  return new Map<string, Value>(urlParts(one));
});

const isInCidr = define("IsInCIDR", { target: string, networks: listOf(string) }, (args) => {
  const known = args.networks.every((one) => one.constant !== undefined)
    ? networksOf(args.networks.map((one) => one.constant!.value))
    : undefined;
  return (context) => {
    const address = args.target(context);
    const family = isIP(address);
    if (family === 0) return false;
    const networks = known ?? networksOf(args.networks.map((one) => one(context)));
    return networks.check(address, family === 4 ? "ipv4" : "ipv6");
  };
});

function networksOf(texts: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const text of texts) {
    const [address = "", bits = "", ...rest] = text.split("/");
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most) {
      throw new OttlError(`invalid CIDR address: ${text}`);
    }
    networks.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
  }
  return networks;
}

const PROTOCOLS: Readonly<Record<string, number>> = { ICMP: 1, TCP: 6, UDP: 17, RSVP: 46, ICMP6: 58, SCTP: 132 };

const communityId = define(
  "CommunityID",
  {
    sourceIP: string,
    sourcePort: int,
    destinationIP: string,
    destinationPort: int,
    protocol: optional(string),
    seed: optional(int),
  },
  (args) => (context) => {
    const source = endOf("source", args.sourceIP, args.sourcePort, context);
    const destination = endOf("destination", args.destinationIP, args.destinationPort, context);
    const protocolName = args.protocol?.(context) ?? "TCP";
    const protocol = PROTOCOLS[protocolName];
    if (protocol === undefined) throw new OttlError(`unsupported protocol: ${protocolName}`);
    const seed = args.seed?.(context) ?? 0n;
    if (seed < 0n || seed > 65_535n) throw new OttlError(`seed must be between 0 and 65535, got ${seed}`);
    const [first, second] = inOrder(source, destination);
    const flow = Buffer.concat([
      uint16(Number(seed)),
      first.address,
      second.address,
      Buffer.from([protocol, 0]),
      uint16(first.port),
      uint16(second.port),
    ]);
    return `1:${createHash("sha1").update(flow).digest("base64")}`;
  },
);

interface End {
  readonly address: Buffer;
  readonly port: number;
}

function endOf(name: string, address: Getter<string>, port: Getter<bigint>, context: Context): End {
  const text = address(context);
  const number = port(context);
  if (number < 0n || number > 65_535n) {
    throw new OttlError(`${name} port must be between 0 and 65535, got ${number}`);
  }
  const bytes = addressBytes(text);
  if (bytes === undefined) throw new OttlError(`invalid ${name} IP: ${text}`);
  return { address: bytes, port: Number(number) };
}

/** 4 bytes, also for an IPv4 address in an IPv6 one, or 16. */
function addressBytes(text: string): Buffer | undefined {
  const family = isIP(text);
  if (family === 4) return Buffer.from(text.split(".").map(Number));
  if (family !== 6 || text.includes("%")) return undefined;
  const dotted = /(?<=:)\d+\.\d+\.\d+\.\d+$/.exec(text)?.[0];
  const inner = dotted === undefined ? undefined : Buffer.from(dotted.split(".").map(Number)).toString("hex");
  const hex = inner === undefined ? text : text.replace(dotted!, `${inner.slice(0, 4)}:${inner.slice(4)}`);
  const [head = "", tail] = hex.split("::");
  const words = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const missing = tail === undefined ? 0 : 8 - words(head).length - words(tail).length;
  const all = [...words(head), ...Array.from({ length: missing }, () => "0"), ...words(tail ?? "")];
  const bytes = Buffer.from(all.map((word) => word.padStart(4, "0")).join(""), "hex");
  const isMapped = bytes.subarray(0, 12).equals(Buffer.from("00000000000000000000ffff", "hex"));
  return isMapped ? bytes.subarray(12) : bytes;
}

function inOrder(source: End, destination: End): readonly [End, End] {
  const byLength = source.address.length - destination.address.length;
  const order = byLength || Buffer.compare(source.address, destination.address) || source.port - destination.port;
  return order > 0 ? [destination, source] : [source, destination];
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

export const NETWORK_CONVERTERS: readonly FunctionDefinition[] = [communityId, isInCidr, url];
