/** The peer breaks the protocol or asks too much: its connection ends with a GOAWAY of this code. */
export class ConnectionError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
