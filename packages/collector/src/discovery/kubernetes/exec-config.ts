/** What a kubeconfig's `exec` says, and what is wrong with that, in client-go's words. */

export interface ExecConfig {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name?: string; readonly value?: string }[];
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
  readonly interactiveMode?: string;
}

const MODES: ReadonlySet<string> = new Set(["Never", "IfAvailable", "Always"]);

export function execFaults(exec: ExecConfig, user: string, hasProvider: boolean): string[] {
  const mode = interactiveMode(exec);
  const missing = (what: string): string => `${what} must be specified for ${user} to use exec authentication plugin`;
  return [
    ...(hasProvider ? [`authProvider cannot be provided in combination with an exec plugin for ${user}`] : []),
    ...((exec.command ?? "") === "" ? [missing("command")] : []),
    ...((exec.apiVersion ?? "") === "" ? [missing("apiVersion")] : []),
    ...(exec.env ?? []).filter(({ name = "" }) => name === "").map(() => missing("env variable name")),
    ...(mode === "" ? [missing("interactiveMode")] : []),
    ...(mode === "" || MODES.has(mode) ? [] : [`invalid interactiveMode for ${user}: ${JSON.stringify(mode)}`]),
  ];
}

/** Only the first of the two versions does without. */
export function interactiveMode({ interactiveMode: mode = "", apiVersion }: ExecConfig): string {
  return mode === "" && apiVersion === "client.authentication.k8s.io/v1beta1" ? "IfAvailable" : mode;
}
