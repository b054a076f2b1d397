/**
 * The official instrumentation packages, for what is not instrumented here. `opentelemetry-bootstrap`
 * installs those that an application can use, and the entry registers those that are installed.
 */

/** Package of the application (or all of a scope, `@aws-sdk/`) --> the package that instruments it. */
export const OFFICIAL_PACKAGES: Readonly<Record<string, string>> = {
  "@aws-sdk/": "@opentelemetry/instrumentation-aws-sdk",
  "@cucumber/cucumber": "@opentelemetry/instrumentation-cucumber",
  "@grpc/grpc-js": "@opentelemetry/instrumentation-grpc",
  "@hapi/hapi": "@opentelemetry/instrumentation-hapi",
  "@nestjs/core": "@opentelemetry/instrumentation-nestjs-core",
  "@prisma/client": "@prisma/instrumentation",
  "aws-sdk": "@opentelemetry/instrumentation-aws-sdk",
  "cassandra-driver": "@opentelemetry/instrumentation-cassandra-driver",
  connect: "@opentelemetry/instrumentation-connect",
  dataloader: "@opentelemetry/instrumentation-dataloader",
  "generic-pool": "@opentelemetry/instrumentation-generic-pool",
  graphql: "@opentelemetry/instrumentation-graphql",
  knex: "@opentelemetry/instrumentation-knex",
  "lru-memoizer": "@opentelemetry/instrumentation-lru-memoizer",
  memcached: "@opentelemetry/instrumentation-memcached",
  mongoose: "@opentelemetry/instrumentation-mongoose",
  mysql: "@opentelemetry/instrumentation-mysql",
  openai: "@opentelemetry/instrumentation-openai",
  oracledb: "@opentelemetry/instrumentation-oracledb",
  restify: "@opentelemetry/instrumentation-restify",
  "socket.io": "@opentelemetry/instrumentation-socket.io",
  tedious: "@opentelemetry/instrumentation-tedious",
};

/** The packages that instrument some of `names`, each once, in alphabetical order. */
export function officialPackagesFor(names: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const name of names) {
    const scope = name.startsWith("@") ? name.slice(0, name.indexOf("/") + 1) : "";
    const official = OFFICIAL_PACKAGES[name] ?? OFFICIAL_PACKAGES[scope];
    if (official !== undefined) found.add(official);
  }
  return [...found].toSorted((a, b) => a.localeCompare(b));
}
