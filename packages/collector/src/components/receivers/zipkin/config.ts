import { boolean, field, section, type Schema } from "../../../schema/schema.ts";
import { postServerFields, type PostServerConfig } from "../../../net/post-server-config.ts";

export interface ZipkinConfig extends PostServerConfig {
  readonly parse_string_tags: boolean;
}

export const schema: Schema<ZipkinConfig> = section<ZipkinConfig>({
  ...postServerFields("localhost:9411"),
  parse_string_tags: field(boolean, false, "Whether tags that look like numbers and booleans become ones."),
});
