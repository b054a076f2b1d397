/**
 * What the store costs and how fast it answers. Parts, each a file beside this one; without a name all run:
 *
 *     npm run bench -- store transcode            OTLP bytes to blocks, items a second and core
 *     npm run bench -- store ingest [seconds]     the whole program under load, durable and searchable
 *     npm run bench -- store queries [scale] [directory]   bytes on disk and answers with 10 M spans, 10 M logs, 50 M samples (scale 1), beside DuckDB and Debian's Prometheus
 *     npm run bench -- store rollups [days] [processes]   5 m and 1 h: bytes, time, and a month of questions
 *     npm run bench -- store schema [million spans] [layouts]   other layouts of the spans beside the one that was chosen
 *     npm run bench -- store isolation [seconds]  what ten heavy queries do to ingest
 */
const PARTS = ["transcode", "ingest", "queries", "rollups", "isolation", "schema"];
const [wanted, ...rest] = process.argv.slice(2);
for (const part of wanted === undefined ? PARTS : [wanted]) {
  if (!PARTS.includes(part)) throw new Error(`no part "${part}": ${PARTS.join(", ")}`);
  const { run } = await import(`./store-${part}.mjs`);
  console.log(`\n${part}`);
  await run(...rest);
}
