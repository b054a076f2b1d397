export const ExportResultCode = { SUCCESS: 0, FAILED: 1 } as const;
export type ExportResultCode = (typeof ExportResultCode)[keyof typeof ExportResultCode];

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
