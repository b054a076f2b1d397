export { Template } from "./template/template.ts";
