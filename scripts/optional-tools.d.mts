export interface OptionalTool {
  readonly name: string;
  readonly enables: string;
  readonly remedy: string;
}

export function findTool(name: string): string | undefined;
export function missingTools(): readonly OptionalTool[];
