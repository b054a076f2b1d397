/** Requests of remote write with about every field, in both versions, not compressed. */
import { Writer } from "../packages/otlp/dist/index.js";

const NOW = Date.now();

export const SEEDS = { "1.0": [requestV1(false), requestV1(true)], "2.0": [requestV2(false), requestV2(true)] };

function requestV1(isFloat) {
  const writer = new Writer(1_024);
  const label = (name, value) =>
    message(writer, 1, () => {
      writer.string(1, name);
      writer.string(2, value);
    });
  message(writer, 1, () => {
    label("__name__", "http_requests_total");
    label("job", "shop/ä");
    for (const value of [1.5, NaN, -0]) sample(writer, value);
    message(writer, 3, () => {
      label("trace_id", "0af7651916cd43dd8448eb211c80319c");
      exemplar(writer);
    });
    message(writer, 4, () => histogram(writer, isFloat));
  });
  message(writer, 3, () => {
    writer.uint(1, 1);
    writer.string(2, "http_requests_total");
    writer.string(4, "Requests.");
    writer.string(5, "bytes");
  });
  return Buffer.from(writer.take());
}

function requestV2(isFloat) {
  const writer = new Writer(1_024);
  for (const symbol of ["", "__name__", "took_seconds", "job", "shop", "span_id", "00f067aa0ba902b7", "Help."])
    writer.string(4, symbol === "" ? "\0" : symbol);
  message(writer, 5, () => {
    references(writer, [1, 2, 3, 4]);
    sample(writer, 2);
    sample(writer, 3);
    message(writer, 3, () => histogram(writer, isFloat));
    message(writer, 4, () => {
      references(writer, [5, 6]);
      exemplar(writer);
    });
    message(writer, 5, () => {
      writer.uint(1, 3);
      writer.uint(3, 7);
      writer.uint(4, 7);
    });
  });
  return Buffer.from(writer.take());
}

function message(writer, field, write) {
  const place = writer.begin(field);
  write();
  writer.end(place);
}

function sample(writer, value) {
  message(writer, 2, () => {
    writer.double(1, value);
    writer.uint(2, NOW);
    writer.uint(3, NOW - 1_000);
  });
}

function exemplar(writer) {
  writer.double(2, 1);
  writer.uint(3, NOW);
}

function histogram(writer, isFloat) {
  if (isFloat) writer.double(2, 2.5);
  else writer.uint(1, 4);
  writer.double(3, 9);
  writer.sint32(4, isFloat ? -53 : 2);
  if (!isFloat) {
    writer.double(5, 0.001);
    writer.uint(6, 1);
  }
  message(writer, 11, () => {
    writer.sint32(1, isFloat ? 0 : -3);
    writer.uint(2, 2);
  });
  const list = writer.begin(isFloat ? 13 : 12);
  if (isFloat) for (const count of [1, 1.5]) writer.rawDouble(count);
  else for (const delta of [1n, 1n]) writer.varint64(2n * delta);
  writer.end(list);
  writer.uint(15, NOW);
  if (!isFloat) return;
  const bounds = writer.begin(16);
  for (const bound of [1, 2]) writer.rawDouble(bound);
  writer.end(bounds);
}

function references(writer, list) {
  message(writer, 1, () => {
    for (const reference of list) writer.varint64(BigInt(reference));
  });
}
