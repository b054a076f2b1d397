import type { Detector } from "../detector.ts";

/** Heroku's dyno metadata; nothing on other machines. */
export const detectHeroku: Detector = ({ env }) =>
  Promise.resolve(
    env["HEROKU_DYNO_ID"] === undefined
      ? {}
      : {
          "cloud.provider": "heroku",
          "heroku.app.id": env["HEROKU_APP_ID"],
          "service.name": env["HEROKU_APP_NAME"],
          "service.instance.id": env["HEROKU_DYNO_ID"],
          "heroku.release.creation_timestamp": env["HEROKU_RELEASE_CREATED_AT"],
          "service.version": env["HEROKU_RELEASE_VERSION"],
          "heroku.release.commit": env["HEROKU_SLUG_COMMIT"],
        },
  );
