import { TelemetryView, type MessageView, type Payload } from "@clew/otlp";

/** A trace as policies look at it. */
export class HeldTrace {
  readonly id: string;
  readonly spanCount: number;
  readonly byteLength: number;
  readonly #view: TelemetryView;

  /** `id` as latin1 text of its bytes. The counts may be larger than those of `spans`, which may be the newest only. */
  constructor(id: string, spans: Payload, { spanCount, byteLength }: { spanCount: number; byteLength: number }) {
    this.id = id;
    this.spanCount = spanCount;
    this.byteLength = byteLength;
    this.#view = new TelemetryView(spans);
  }

  /** Whether `holds` for a span. */
  someSpan(holds: (span: MessageView, scopes: MessageView, resources: MessageView) => boolean): boolean {
    return this.#view.resources.some((resources) => this.#someSpanOf(resources, holds));
  }

  /** Whether one of these holds for a resource, or for a span. */
  someResourceOrSpan(ofResource: (resource: MessageView) => boolean, ofSpan: (span: MessageView) => boolean): boolean {
    return this.#view.resources.some(
      (resources) => ofResource(resources.one("resource")) || this.#someSpanOf(resources, ofSpan),
    );
  }

  get hasRoot(): boolean {
    return this.someSpan((span) => {
      const parent = span.get("parentSpanId") as Uint8Array;
      return parent.every((byte) => byte === 0);
    });
  }

  #someSpanOf(
    resources: MessageView,
    holds: (span: MessageView, scopes: MessageView, resources: MessageView) => boolean,
  ): boolean {
    return this.#view
      .scopesOf(resources)
      .some((scopes) => this.#view.recordsOf(scopes).some((span) => holds(span, scopes, resources)));
  }
}
