import { Link } from "@tanstack/react-router";

export function NotFoundPage() {
  return (
    <div className="grid h-full place-items-center">
      <p className="text-muted">
        There is no view at this address.{" "}
        <Link to="/" className="text-accent underline">
          Go home
        </Link>
      </p>
    </div>
  );
}
