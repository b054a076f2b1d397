export { alertData, Template, type ExpandSettings, type QueryFunction } from "./template/template.ts";
export { TemplateError } from "./template/template-error.ts";
