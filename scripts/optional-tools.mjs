/** Programs that some tests need and that npm does not bring. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const TOOLS = [
  {
    name: "chromium",
    commands: ["/usr/bin/chromium", "chromium", "google-chrome"],
    enables: "tests of the UI",
    remedy: "apt-get install chromium",
  },
  {
    name: "promtool",
    commands: ["promtool"],
    enables: "checks of metrics by Prometheus's own tool",
    remedy: "apt-get install prometheus",
  },
  {
    name: "prometheus",
    commands: ["prometheus"],
    enables: "tests with a real Prometheus",
    remedy: "apt-get install prometheus",
  },
  {
    name: "initdb",
    commands: ["initdb", ...[18, 17, 16, 15, 14].map((version) => `/usr/lib/postgresql/${version}/bin/initdb`)],
    enables: "tests with a real PostgreSQL",
    remedy: "apt-get install postgresql",
  },
  {
    name: "mariadbd",
    commands: ["mariadbd", "/usr/sbin/mariadbd"],
    enables: "tests of mysql2 with a real MariaDB",
    remedy: "apt-get install mariadb-server",
  },
  {
    name: "redis-server",
    commands: ["redis-server"],
    enables: "tests of BullMQ and of clients of Redis with a real one",
    remedy: "apt-get install redis-server",
  },
  {
    name: "rabbitmq-server",
    commands: ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
    enables: "tests with a real RabbitMQ",
    remedy: "apt-get install rabbitmq-server",
  },
  {
    name: "strace",
    commands: ["strace"],
    enables: "power cuts in the soak of the store, and tests of disks that fail to sync",
    remedy: "apt-get install strace",
  },
  {
    name: "kcat",
    commands: ["kcat"],
    enables: "tests with the Kafka brokers that librdkafka has for tests",
    remedy: "apt-get install kcat",
  },
];

/** The path or name of a tool, undefined where this machine does not have it. */
export function findTool(name) {
  return TOOLS.find((tool) => tool.name === name)?.commands.find(isThere);
}

export function missingTools() {
  return TOOLS.filter(({ commands }) => !commands.some(isThere));
}

function isThere(command) {
  if (command.includes("/")) return existsSync(command);
  return spawnSync("which", [command], { stdio: "ignore" }).status === 0;
}
