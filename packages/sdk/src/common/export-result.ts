/** Like the other constants of this kind, with the names by their numbers too: they are enums in the official SDK. */
export const ExportResultCode = { SUCCESS: 0, FAILED: 1, 0: "SUCCESS", 1: "FAILED" } as const;
export type ExportResultCode = Extract<(typeof ExportResultCode)[keyof typeof ExportResultCode], number>;

export interface ExportResult {
  readonly code: ExportResultCode;
  readonly error?: Error;
}

export const SUCCESS: ExportResult = { code: ExportResultCode.SUCCESS };

export function failure(error: Error): ExportResult {
  return { code: ExportResultCode.FAILED, error };
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
