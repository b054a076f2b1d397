import { section, type Schema } from "../../../schema/schema.ts";

export type ClewConfig = Readonly<Record<string, never>>;

export const schema: Schema<ClewConfig> = section<ClewConfig>({});
