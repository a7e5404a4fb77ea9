// The JavaScript side of metering.rs: only requests that are metered come here.

/** A D1 database that keeps what the answer to its batch says of it. The `worker` crate passes on no more than the rows. */
export function observe(db) {
  const observed = {
    prepare: (sql) => db.prepare(sql),
    batch: async (statements) => (observed.results = await db.batch(statements)),
  };
  return observed;
}

/** Rows read, rows written and the region that served, of an observed database. */
export function told({ results = [] }) {
  const total = (name) => results.reduce((sum, { meta }) => sum + (meta?.[name] ?? 0), 0);
  const region = results.find(({ meta }) => meta?.served_by_region)?.meta.served_by_region ?? "";
  return `${total("rows_read")} ${total("rows_written")} ${region}`;
}

// A response of these may not be made with a body (Fetch Standard, "null body status").
const WITHOUT_BODY = [204, 205, 304];

/** The response with our metrics behind those that it has; kept by no cache, as others may not see them. */
export function timed(response, timing) {
  // A switch of protocols: its header fields are no answer's.
  if (response.webSocket) return response;
  const own = new Response(WITHOUT_BODY.includes(response.status) ? null : response.body, response);
  own.headers.append("server-timing", timing);
  own.headers.set("cache-control", "private, no-store");
  return own;
}

const PUBLIC = Symbol.for("portcullis.public");

/** Has entry.js write this line for that share of the times that it gives an answer again. */
export function logRepeats(response, line, share) {
  if (response[PUBLIC]) Object.assign(response[PUBLIC], { line, share });
}
