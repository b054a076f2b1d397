import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import type { Status } from "../api/types.ts";
import { CopyButton } from "../attributes/copy-button.tsx";
import { snippetsOf } from "./snippets.ts";

/** How to send telemetry here, with the addresses that this program really listens at. */
export default function SendDataPanel({ status }: { readonly status: Status }) {
  const { otlpGrpc, otlpHttp } = status;
  const snippets = snippetsOf({ grpc: otlpGrpc ?? "http://localhost:4317", http: otlpHttp ?? "http://localhost:4318" });
  return (
    <div className="w-full max-w-3xl">
      <dl className="mb-4 grid grid-cols-2 gap-3">
        <Endpoint name="OTLP over HTTP" note="protobuf or JSON" address={otlpHttp} />
        <Endpoint name="OTLP over gRPC" note="the Collector's default" address={otlpGrpc} />
      </dl>
      <Tabs className="rounded-md border border-line bg-surface">
        <TabList aria-label="Language" className="flex gap-1 border-b border-line px-2 pt-1.5">
          {snippets.map(({ id, language }) => (
            <Tab
              key={id}
              id={id}
              className="-mb-px cursor-default border-b-2 border-transparent px-2.5 py-1.5 text-muted outline-offset-[-2px] hover:text-text data-selected:border-accent data-selected:font-medium data-selected:text-text"
            >
              {language}
            </Tab>
          ))}
        </TabList>
        {snippets.map(({ id, language, text }) => (
          <TabPanel key={id} id={id} className="relative">
            <pre className="overflow-x-auto p-4 font-mono text-sm leading-relaxed">{text}</pre>
            <CopyButton
              text={() => text}
              label={`Copy what ${language} needs`}
              className="absolute top-2 right-2 border border-line bg-surface"
            >
              Copy
            </CopyButton>
          </TabPanel>
        ))}
      </Tabs>
    </div>
  );
}

interface EndpointProps {
  readonly name: string;
  readonly note: string;
  readonly address: string | undefined;
}

function Endpoint({ name, note, address }: EndpointProps) {
  return (
    <div className="rounded-md border border-line bg-surface px-3 py-2">
      <dt className="text-sm text-muted">
        {name} <span className="text-faint">· {note}</span>
      </dt>
      <dd className="flex items-center justify-between font-mono">
        {address ?? "off"}
        {address !== undefined && <CopyButton text={() => address} label={`Copy the address of ${name}`} />}
      </dd>
    </div>
  );
}
