/** How an application in each language is made to send to this Clew. */
export interface Snippet {
  readonly id: string;
  readonly language: string;
  readonly text: string;
}

export interface Endpoints {
  readonly grpc: string;
  readonly http: string;
}

export function snippetsOf(endpoints: Endpoints): readonly Snippet[] {
  const { grpc, http } = endpoints;
  const environment = environmentOf(endpoints);
  return [
    {
      id: "node",
      language: "Node",
      text: `npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node

${environment}

node --import @opentelemetry/auto-instrumentations-node/register app.js`,
    },
    {
      id: "python",
      language: "Python",
      text: `pip install opentelemetry-distro opentelemetry-exporter-otlp
opentelemetry-bootstrap -a install

${environment}
export OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true

opentelemetry-instrument python app.py`,
    },
    {
      id: "java",
      language: "Java",
      text: `# opentelemetry-javaagent.jar is on the releases page of opentelemetry-java-instrumentation

${environment}

java -javaagent:opentelemetry-javaagent.jar -jar app.jar`,
    },
    {
      id: "go",
      language: "Go",
      text: `${environment}

# in main.go; the exporters read the environment
go get go.opentelemetry.io/otel/sdk \\
  go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp

exporter, err := otlptracehttp.New(ctx)
provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
otel.SetTracerProvider(provider)
defer provider.Shutdown(ctx)`,
    },
    {
      id: "collector",
      language: "Collector YAML",
      text: `exporters:
  otlp/clew:
    endpoint: ${grpc.replace(/^https?:\/\//, "")}
    tls:
      insecure: true

service:
  pipelines:
    traces: { receivers: [otlp], exporters: [otlp/clew] }
    metrics: { receivers: [otlp], exporters: [otlp/clew] }
    logs: { receivers: [otlp], exporters: [otlp/clew] }`,
    },
    {
      id: "curl",
      language: "curl",
      text: `curl ${http}/v1/logs -H 'content-type: application/json' -d '{"resourceLogs":[{
  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"curl"}}]},
  "scopeLogs":[{"logRecords":[{"severityNumber":9,"body":{"stringValue":"hello"}}]}]}]}'`,
    },
  ];
}

function environmentOf({ http }: Endpoints): string {
  return `export OTEL_SERVICE_NAME=my-service
export OTEL_EXPORTER_OTLP_ENDPOINT=${http}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`;
}
