import { serviceColour } from "./service-colour.ts";

/** A service's name behind a square of its colour. */
export function ServiceName({ name }: { readonly name: string }) {
  return (
    <span className="inline-flex min-w-0 items-center gap-1.5">
      <span aria-hidden className="size-2.5 shrink-0 rounded-sm" style={{ background: serviceColour(name) }} />
      <span className="truncate">{name === "" ? "(no service.name)" : name}</span>
    </span>
  );
}
