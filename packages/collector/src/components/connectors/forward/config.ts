import { section, type Schema } from "../../../schema/schema.ts";

export type ForwardConfig = Readonly<Record<string, never>>;

export const schema: Schema<ForwardConfig> = section<ForwardConfig>({});
