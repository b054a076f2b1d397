/** The ways in which processors are given their exporter. */

/** Options and exporter in one object, as the newer processors of the official SDK take them. */
export type WithExporter<Exporter, Config> = Config & { readonly exporter: Exporter };

/** An exporter is known by its method `export`. */
export function exporterAndConfig<Exporter extends { export: unknown }, Config extends object>(
  exporterOrOptions: Exporter | WithExporter<Exporter, Config>,
  config: Config,
): { readonly exporter: Exporter; readonly config: Config } {
  if ("export" in exporterOrOptions) return { exporter: exporterOrOptions, config };
  return { exporter: exporterOrOptions.exporter, config: exporterOrOptions };
}
