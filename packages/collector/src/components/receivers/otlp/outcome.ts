export { hasCode, refusalStatus, whatOf } from "../../../net/outcome.ts";
