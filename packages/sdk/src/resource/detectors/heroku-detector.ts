import { type Environment, readText } from "../../config/environment.ts";
import { type DetectorConfig, detected, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";

/** `heroku.*` and `service.*` on Heroku, from dyno metadata, which must be enabled for the application. */
export class HerokuDetector implements ResourceDetector {
  readonly #env: Environment;

  constructor(config: DetectorConfig = {}) {
    this.#env = config.env ?? process.env;
  }

  detect(): DetectedResource {
    const appId = readText(this.#env, "HEROKU_APP_ID");
    if (appId === undefined) return {};
    return detected({
      "cloud.provider": "heroku",
      "heroku.app.id": appId,
      "heroku.release.commit": readText(this.#env, "HEROKU_SLUG_COMMIT") ?? readText(this.#env, "HEROKU_BUILD_COMMIT"),
      "heroku.release.creation_timestamp": readText(this.#env, "HEROKU_RELEASE_CREATED_AT"),
      "service.name": readText(this.#env, "HEROKU_APP_NAME"),
      "service.version": readText(this.#env, "HEROKU_RELEASE_VERSION"),
      "service.instance.id": readText(this.#env, "HEROKU_DYNO_ID"),
    });
  }
}
