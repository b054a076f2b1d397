import { Link } from "@tanstack/react-router";
import type { SpanDetail } from "../../api/types.ts";
import { AttributeTable } from "../../attributes/attribute-table.tsx";
import { useRangeSearch } from "../../time/use-time-range.ts";

interface SpanLinksProps {
  readonly links: NonNullable<SpanDetail["links"]>;
  /** The trace that is shown. */
  readonly traceId: string;
}

/** The spans that this one names as related, in this trace or another. */
export function SpanLinks({ links, traceId }: SpanLinksProps) {
  const range = useRangeSearch();
  return (
    <ol className="space-y-2">
      {links.map((link, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- two links may be alike, and none moves
        <li key={i}>
          <p className="px-2 text-sm">
            <Link
              to="/trace/$traceId"
              params={{ traceId: link.traceId }}
              search={{ ...range, span: link.spanId }}
              className="text-accent hover:underline"
            >
              {link.traceId === traceId ? "A span of this trace" : "Trace"}{" "}
              <span className="font-mono break-all">{link.traceId === traceId ? link.spanId : link.traceId}</span>
            </Link>
          </p>
          <AttributeTable label="Attributes of the link" attributes={link.attributes ?? []} />
        </li>
      ))}
    </ol>
  );
}
