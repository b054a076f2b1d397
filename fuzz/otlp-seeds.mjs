/** One request of each signal with about every kind of field, for targets to start from. */
const traceId = Buffer.alloc(16, 1);
const spanId = Buffer.alloc(8, 2);
const attributes = [
  { key: "text", value: { stringValue: "v" } },
  { key: "number", value: { intValue: -1n } },
  { key: "real", value: { doubleValue: 1.5 } },
  { key: "list", value: { arrayValue: { values: [{ boolValue: true }, { bytesValue: Buffer.from("b") }] } } },
  { key: "map", value: { kvlistValue: { values: [{ key: "k", value: { stringValue: "w" } }] } } },
];
const resource = { attributes, droppedAttributesCount: 1 };
const scope = { name: "s", version: "1", attributes };
const exemplars = [{ asDouble: 1, timeUnixNano: 5n, traceId, spanId, filteredAttributes: attributes }];

export const SEED_OBJECTS = {
  traces: {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            scope,
            spans: [
              {
                traceId,
                spanId,
                parentSpanId: spanId,
                name: "n",
                kind: 2,
                startTimeUnixNano: 1n,
                endTimeUnixNano: 2n,
                attributes,
                events: [{ timeUnixNano: 3n, name: "e", attributes }],
                links: [{ traceId, spanId, attributes, flags: 1 }],
                status: { code: 2, message: "m" },
                flags: 257,
              },
            ],
          },
        ],
        schemaUrl: "u",
      },
    ],
  },
  metrics: {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            scope,
            metrics: [
              { name: "g", unit: "s", gauge: { dataPoints: [{ asDouble: 1, attributes, exemplars }] } },
              { name: "s", sum: { dataPoints: [{ asInt: 1n }], aggregationTemporality: 2, isMonotonic: true } },
              {
                name: "h",
                histogram: {
                  dataPoints: [{ count: 3n, sum: 2, bucketCounts: [1n, 2n], explicitBounds: [1], exemplars }],
                },
              },
              {
                name: "e",
                exponentialHistogram: {
                  dataPoints: [{ count: 3n, scale: -1, positive: { offset: -2, bucketCounts: [1n, 300n] } }],
                },
              },
              {
                name: "q",
                summary: { dataPoints: [{ count: 1n, sum: 1, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
              },
            ],
          },
        ],
      },
    ],
  },
  logs: {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            scope,
            logRecords: [
              { timeUnixNano: 1n, severityNumber: 9, body: { stringValue: "b" }, attributes, traceId, spanId },
            ],
          },
        ],
      },
    ],
  },
};

export const isMalformed = (error) => error.code === "OTLP_MALFORMED";
