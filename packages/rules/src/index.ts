export { alertData, Template, type ExpandSettings, type QueryFunction } from "./template/template.ts";
export { TemplateError } from "./template/template-error.ts";
export { readRuleFile, type RuleFileReading } from "./file/read-rule-file.ts";
export type { RuleConfig, RuleGroupConfig } from "./file/rule-file.ts";
