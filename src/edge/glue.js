// The JavaScript side of the edge. Each call across the wasm boundary costs, so a request crosses once with
// all of its head as one string, and goes out with one call.

const encoder = new TextEncoder();

/**
 * Writes method, URL and header fields of a request, a line each, into the module's memory; a field is
 * `name:value`. The number of bytes, or if there is no room for them, its negative.
 */
export function head(request, into) {
  let text = request.method + "\n" + request.url;
  // Half the cost of for…of.
  request.headers.forEach((value, name) => {
    text += "\n" + name + ":" + value;
  });
  // A string would cross character by character, and an array of its own would cost more than the rest.
  const { read, written } = encoder.encodeInto(text, into);
  return read === text.length ? written : -encoder.encode(text).length;
}

/** Header fields from lines of `name:value`. */
function fields(text) {
  const headers = new Headers();
  if (text === "") return headers;
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1));
  }
  return headers;
}

// Most answers have one of a few sets of header fields: each is made once and copied natively after that.
const made = new Map();

function fieldsAgain(text) {
  let headers = made.get(text);
  if (headers === undefined) {
    headers = fields(text);
    if (made.size >= 100) made.clear();
    made.set(text, headers);
  }
  return headers;
}

const PUBLIC = Symbol.for("portcullis.public");

/**
 * A response; `body` null for none. With `until`, in milliseconds since the epoch, it is marked as one that
 * entry.js may give again until then to whoever asks the same URL.
 */
export function respond(status, headers, body, until) {
  const init = { status, headers: fieldsAgain(headers) };
  const response = new Response(body, init);
  if (until > 0) response[PUBLIC] = { body, init, until };
  return response;
}

/**
 * The body's bytes; undefined if there are more than `limit`, null if it ended early.
 */
export async function readBody(request, limit) {
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const chunks = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.byteLength;
      if (length > limit) {
        reader.cancel().catch(() => {});
        return undefined;
      }
      chunks.push(value);
    }
  } catch {
    return null;
  }
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

// One caller's answer must not come out of the platform's cache for another (`-1`: don't keep).
const UNSHARED = { cacheTtlByStatus: { "100-599": -1 } };

const LATE = Symbol("late");

/**
 * Sends a request to an origin and answers with its response; both bodies stream. Whatever goes wrong here is 502.
 *
 * @param {Request} request the caller's
 * @param {string} url where to
 * @param {string} remove names of header fields to remove, a line each
 * @param {string} set header fields to set after that, a line each as `name:value`
 * @param {string} header the name of the field that the assertion is sent in
 * @param {string | undefined} assertion its value
 * @param {number} timeout milliseconds until the response's head must be there
 * @param {number} retries how often a request that did not reach the origin is sent again
 * @param {boolean} unshared whether the answer is one caller's
 * @param {string} added header fields that the answer gets, as `set`
 * @param {string} badGateway JSON for 502
 * @param {string} gatewayTimeout JSON for 504
 */
export async function forward(request, url, remove, set, header, assertion, timeout, retries, unshared, added, badGateway, gatewayTimeout) {
  try {
    const outgoing = prepared(request, url, unshared ? UNSHARED : undefined);
    const { headers } = outgoing;
    if (remove !== "") for (const name of remove.split("\n")) headers.delete(name);
    for (const line of set.split("\n")) {
      const colon = line.indexOf(":");
      headers.set(line.slice(0, colon), line.slice(colon + 1));
    }
    if (assertion !== undefined) headers.set(header, assertion);
    // A body that streams cannot be sent again.
    const response = await sent(outgoing, timeout, request.body === null ? retries : 0);
    if (response === LATE) return failure(504, gatewayTimeout, added);
    // An interim answer (RFC 9110 §15.2) that the platform took for the answer, or a switch of protocols that nobody
    // asked for: the real answer is lost.
    if (response.status < 200 && !response.webSocket) return failure(502, badGateway, added);
    return answer(response, unshared, added);
  } catch {
    return failure(502, badGateway, added);
  }
}

/** The request with its body; made once and sent as it is, because fields given to fetch would be copied again. */
function prepared(request, url, cf) {
  const { method, headers, body } = request;
  if (body === null || (method !== "GET" && method !== "HEAD")) {
    return new Request(url, { method, headers, body, redirect: "manual", cf });
  }
  // A body that a caller gave to GET or HEAD passes, but not as a member of what a request is made from.
  return new Request(new Request(url, request), { redirect: "manual", cf: cf ?? {} });
}

/**
 * The origin's response, or LATE. The clock is for the response's head only: an event stream may then last as long
 * as it likes. What is late is given up by the platform when the request that caused it has been answered.
 */
async function sent(outgoing, timeout, retries) {
  const late = new Promise((resolve) => setTimeout(resolve, timeout, LATE));
  for (let left = retries; ; left--) {
    try {
      return await Promise.race([fetch(outgoing), late]);
    } catch (error) {
      if (left <= 0) throw error;
    }
  }
}

// Our cookies are ours to set: an origin that could would choose whose session a browser has. Browsers trim white
// space, and take `=name=value` for `name=value` when they send it back; so a field that has the name anywhere goes.
const OURS = /__host-portcullis/i;
// A response of these may not be made with a body (Fetch Standard, "null body status"), be it an empty one.
const WITHOUT_BODY = [204, 205, 304];
// These act on a whole host, and people sign in at each that we serve.
const OF_THE_HOST = ["clear-site-data", "service-worker-allowed"];

function answer(response, unshared, added) {
  const { headers } = response;
  // A response from fetch has immutable header fields. One that needs no change is passed on without a copy, which
  // the platform does fastest.
  const keepable = unshared && !headers.has("cache-control") && !headers.has("expires");
  const varies = !variesByOrigin(headers);
  const ours = headers.has("set-cookie") && headers.getSetCookie().some((line) => OURS.test(line));
  const ofTheHost = OF_THE_HOST.some((name) => headers.has(name));
  const { status, webSocket } = response;
  if (webSocket ? !ours && !ofTheHost : !keepable && !varies && !ours && !ofTheHost && added === "") return response;
  const own = webSocket
    ? new Response(null, { status, headers, webSocket })
    : new Response(WITHOUT_BODY.includes(status) ? null : response.body, response);
  if (ours) {
    own.headers.delete("set-cookie");
    for (const line of headers.getSetCookie()) if (!OURS.test(line)) own.headers.append("set-cookie", line);
  }
  if (ofTheHost) for (const name of OF_THE_HOST) own.headers.delete(name);
  if (webSocket) return own;
  if (keepable) own.headers.set("cache-control", "private, no-cache");
  if (varies) own.headers.append("vary", "Origin");
  if (added !== "") add(own.headers, added);
  return own;
}

/**
 * Whether the answer says that it depends on who asks: which scripts may read it does, on every route (Fetch
 * Standard, "CORS protocol and HTTP caches"). What nobody stores need not say so.
 */
function variesByOrigin(headers) {
  const vary = headers.get("vary");
  if (vary !== null && /(^|,)\s*(origin|\*)\s*(,|$)/i.test(vary)) return true;
  const control = headers.get("cache-control");
  return control !== null && /(^|,)\s*no-store\s*(,|$)/i.test(control);
}

/** Adds header fields; an origin that says itself whose scripts may read its answer is not contradicted. */
function add(headers, added) {
  const said = headers.has("access-control-allow-origin");
  for (const [name, value] of fields(added)) {
    if (!said || !name.startsWith("access-control-")) headers.set(name, value);
  }
}

const FAILED = Symbol("failed");

/** The status of an answer of ours that stands for an origin's failure; 0 for every other answer. */
export function failedWith(response) {
  return response[FAILED] ?? 0;
}

function failure(status, body, added) {
  const headers = fields(added);
  headers.set("content-type", "application/json");
  headers.set("cache-control", "no-store");
  headers.set("vary", "Origin");
  const response = new Response(body, { status, headers });
  response[FAILED] = status;
  return response;
}

// What says whether the caller has the file already, and in which coding it may come.
const PASSED = ["accept-encoding", "if-none-match"];

/**
 * A static file, with header fields that it gets beside its own (a line each as `name:value`); the response
 * `missing` if there is none.
 */
export async function asset(assets, request, path, headers, missing) {
  const url = new URL(request.url);
  url.pathname = path;
  url.search = "";
  const passed = PASSED.filter((name) => request.headers.has(name)).map((name) => [name, request.headers.get(name)]);
  const found = await assets.fetch(new Request(url, { method: request.method, headers: passed, redirect: "manual" }));
  if (found.status === 404) {
    await found.body?.cancel();
    return missing;
  }
  const own = new Response(found.body, found);
  for (const [name, value] of fields(headers)) own.headers.set(name, value);
  return own;
}

/** Keeps the event alive until the promise is settled. */
export function waitUntil(ctx, promise) {
  ctx.waitUntil(promise);
}

/** Runs a batch of `[sql, args]` on D1; JSON of each statement's rows. */
export async function batch(db, statements) {
  const prepared = JSON.parse(statements).map(([sql, args]) => db.prepare(sql).bind(...args));
  const results = await db.batch(prepared);
  for (const result of results) if (!result.success) throw new Error(result.error);
  return JSON.stringify(results.map((result) => result.results));
}

/** Calls a counter object; JSON of its verdict. */
export async function count(namespace, name, steps) {
  const stub = namespace.get(namespace.idFromName(name));
  const response = await stub.fetch("https://counter/", { method: "POST", body: steps });
  if (!response.ok) throw new Error(`the counter answered ${response.status}`);
  return response.text();
}

/** A request's body. */
export function text(request) {
  return request.text();
}

/** Runs a statement on a counter object's own database, at once; the first value that it answers. */
export function exec({ storage }, sql, value) {
  const [row] = storage.sql.exec(sql, ...(value === undefined ? [] : [value])).raw();
  return row?.[0];
}

/** Has a counter object's alarm go off then, in milliseconds since the epoch. */
export function wake({ storage }, at) {
  return storage.setAlarm(at);
}

/** Deletes all that a counter object keeps. */
export function forget({ storage }) {
  return storage.deleteAll();
}

/** Sends a mail through a `send_email` binding. */
export async function sendMail(binding, from, to, subject, text, html) {
  await binding.send({ from, to, subject, text, html });
}

/** Posts a form; answers the status. A redirect is an answer like any other and not followed. */
export async function postForm(url, body, timeout) {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const signal = AbortSignal.timeout(timeout);
  const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
  // The status says all; what an answer that goes on says is not waited for.
  response.body?.cancel().catch(() => {});
  return response.status;
}

/** Sends a mail through an HTTP API of Resend's shape, which takes a repeat with the same id for one; answers the status. */
export async function postMail(url, key, id, body) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "idempotency-key": id };
  const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(20_000) });
  await response.body?.cancel();
  return response.status;
}

// What the shim around the module knows of its instances; it outlives them.
const known = { criticalError: false, instanceId: 0 };

export function instances() {
  return known;
}

/** Counts an instance: objects of the one before are made again. */
export function begun() {
  known.instanceId++;
}

/** Logs a panic; the next call begins the module anew. */
export function panicked(message) {
  console.error("Critical", new Error(message));
  known.criticalError = true;
}
