/** Tells whether an item is in stock: GET /items/:id. */
import express from "express";
import pino from "pino";

const log = pino({ name: "inventory" });
const app = express();

app.get("/items/:id", (request, response) => {
  const number = Number(/\d+$/.exec(request.params.id)?.[0] ?? 0);
  if (number % 29 === 0) throw new Error(`the shelf of ${request.params.id} is missing`);
  const isThere = number % 17 !== 0;
  log.info({ item: request.params.id, isThere }, "looked up");
  response.status(isThere ? 200 : 404).json({ item: request.params.id, isThere });
});

const server = app.listen(Number(process.env.PORT ?? 8081), "127.0.0.1", () => {
  log.info({ port: server.address().port }, "inventory listens");
});
