/**
 * Programs that a command goes through on its way to the application: package managers and those
 * that start Node again. They inherit NODE_OPTIONS, and telemetry of theirs would only be noise.
 */
const LAUNCHERS: readonly RegExp[] = [
  /\/node_modules\/(?:npm|pnpm|yarn|corepack|nodemon|cross-env|dotenv-cli|concurrently)\//,
  /\/node_modules\/tsx\/dist\/cli\.[cm]?js$/,
  /\/(?:npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack|tsx|nodemon|cross-env|concurrently)(?:\.[cm]?js)?$/,
  // The threads in which pino's transports run.
  /\/thread-stream\/lib\/worker\.js$/,
];

/** Whether the main file of a process, or of a worker thread, belongs to such a program. */
export function isLauncher(mainFile: string): boolean {
  const path = mainFile.replaceAll("\\", "/");
  return LAUNCHERS.some((pattern) => pattern.test(path));
}
