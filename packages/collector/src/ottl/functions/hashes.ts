/** Converters to hashes and ids. */
import { createHash } from "node:crypto";
import { invalidHex } from "../accessor.ts";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { OttlError } from "../ottl-error.ts";
import { Id, int64, type OttlValue } from "../ottl-value.ts";
import { bytesLike, string } from "../parameters.ts";
import { fnv1a64 } from "../hash/fnv.ts";
import { murmur3Of128, murmur3Of32 } from "../hash/murmur3.ts";
import { xxh3Of128, xxh3Of64 } from "../hash/xxh3.ts";

function hash(name: string, digest: (bytes: Buffer) => OttlValue): FunctionDefinition {
  return define(name, { target: string }, (args) => (context) => digest(Buffer.from(args.target(context))));
}

function cryptographic(name: string, algorithm: string): FunctionDefinition {
  return hash(name, (bytes) => createHash(algorithm).update(bytes).digest("hex"));
}

function id(name: string, length: 8 | 16): FunctionDefinition {
  return define(name, { target: bytesLike }, (args) => {
    const known = args.target.constant;
    if (known === undefined) return (context) => idFrom(name, args.target(context), length);
    const made = idFrom(name, known.value, length);
    return () => made;
  });
}

function idFrom(name: string, bytes: Uint8Array = new Uint8Array(0), length: number): Id {
  if (bytes.length === length) return new Id(bytes);
  if (bytes.length !== length * 2) {
    throw new OttlError(
      `${name}: could not decode ID: invalid length: expected ${length} or ${length * 2} bytes, got ${bytes.length}`,
    );
  }
  const text = Buffer.from(bytes).toString("latin1");
  const wrong = /[^0-9a-fA-F]/.exec(text)?.[0];
  if (wrong === undefined) return new Id(Buffer.from(text, "hex"));
  throw new OttlError(`${name}: could not decode ID: invalid hex: ${invalidHex(wrong)}`);
}

const uuid = define(
  "UUID",
  {},
  (_args, { random }) =>
    () =>
      uuidText(randomBytes(random), 4),
);

const uuidV7 = define("UUIDv7", {}, (_args, { random, nowMs }) => () => {
  const bytes = randomBytes(random);
  bytes.writeUIntBE(Math.floor(nowMs()), 0, 6);
  return uuidText(bytes, 7);
});

function randomBytes(random: () => number): Buffer {
  return Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256)));
}

function uuidText(bytes: Buffer, version: number): string {
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export const HASH_CONVERTERS: readonly FunctionDefinition[] = [
  hash("FNV", (bytes) => int64(fnv1a64(bytes))),
  cryptographic("MD5", "md5"),
  hash("Murmur3Hash", murmur3Of32),
  hash("Murmur3Hash128", murmur3Of128),
  cryptographic("SHA1", "sha1"),
  cryptographic("SHA256", "sha256"),
  cryptographic("SHA512", "sha512"),
  id("SpanID", 8),
  id("TraceID", 16),
  uuid,
  uuidV7,
  hash("XXH128", xxh3Of128),
  hash("XXH3", xxh3Of64),
];
