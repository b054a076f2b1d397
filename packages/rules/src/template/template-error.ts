/** What is wrong with a template, in Go's words. */
export class TemplateError extends Error {
  override readonly name: string = "TemplateError";
}

/** `template: NAME:LINE: problem`, as Go's parser tells it. */
export function parseFault(name: string, line: number, problem: string): TemplateError {
  return new TemplateError(`template: ${name}:${line}: ${problem}`);
}
