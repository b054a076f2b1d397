/** The OpenAPI 3.1 document of Prometheus's API as it is served here. */
import { type Operation, OPERATIONS } from "./operations.ts";
import { ref, type Schema, SCHEMAS } from "./schemas.ts";

/** `version` is Prometheus's. */
export function openApiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const methods = (paths[operation.path] ??= {});
    for (const method of operation.methods) methods[method] = operationObject(operation, method);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Prometheus API", version, description: "Prometheus's HTTP API, answered by Clew." },
    servers: [{ url: "/api/v1" }],
    paths,
    components: { schemas: SCHEMAS },
  };
}

function operationObject({ path, summary, parameters, output, methods }: Operation, method: string): object {
  const isForm = method === "post" && methods[0] === "get";
  const described = Object.entries(parameters).map(([key, schema]) => parameterObject(path, key, schema));
  return {
    operationId: `${method}${path.replaceAll(/[^a-zA-Z0-9]+/g, "-")}`,
    summary,
    ...(described.length === 0 || isForm ? {} : { parameters: described }),
    ...(isForm ? { requestBody: formObject(parameters) } : {}),
    responses: {
      ...(output === undefined
        ? { "2XX": { description: "Taken, or answered in the format of the protocol." } }
        : { "200": { description: summary, content: { "application/json": { schema: ref(output) } } } }),
      default: { description: "An error.", content: { "application/json": { schema: ref("Error") } } },
    },
  };
}

function parameterObject(path: string, key: string, schema: Schema): object {
  const name = key.replace("!", "");
  const place = path.includes(`{${name}}`) ? "path" : "query";
  return { name, in: place, required: key.endsWith("!"), schema };
}

function formObject(parameters: Operation["parameters"]): object {
  const names = Object.keys(parameters);
  const schema = {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name.replace("!", ""), parameters[name]])),
    required: names.filter((name) => name.endsWith("!")).map((name) => name.replace("!", "")),
  };
  return { content: { "application/x-www-form-urlencoded": { schema } } };
}
