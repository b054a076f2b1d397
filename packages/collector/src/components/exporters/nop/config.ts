import { section, type Schema } from "../../../schema/schema.ts";

export type NopConfig = Readonly<Record<string, never>>;

export const schema: Schema<NopConfig> = section<NopConfig>({});
