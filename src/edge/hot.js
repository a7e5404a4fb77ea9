// The JavaScript side of hot.rs: all of a request's head crosses the Wasm boundary at once, and a plan is carried out in
// one call. For the rest of the platform there is the `worker` crate.

/** Method, URL and header fields of a request, a line each; a field is `name:value`. */
export function head(request) {
  let text = request.method + "\n" + request.url;
  for (const [name, value] of request.headers) text += "\n" + name + ":" + value;
  return text;
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
 * A response; without `body` one that has none. With `until`, in milliseconds since the epoch, it is marked as one that
 * entry.js may give again until then to whoever asks the same URL.
 */
export function respond(status, headers, body, until) {
  const init = { status, headers: fieldsAgain(headers) };
  const response = new Response(body, init);
  if (until > 0) response[PUBLIC] = { body, init, until };
  return response;
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
    return answer(request, response, unshared, added);
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

function answer(request, response, unshared, added) {
  const { headers } = response;
  // A response from fetch has immutable header fields. One that needs no change is passed on without a copy, which
  // the platform does fastest.
  const storable = mayBeStored(request, response);
  const keepable = storable && unshared && !headers.has("cache-control") && !headers.has("expires");
  const varies = storable && !variesByOrigin(headers);
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

// What lets a cache give an answer again (RFC 9111 §4.2, §4.3). Without any of it, some statuses do, which no 2xx is
// among: browsers give 301, 308 and 410 again for ever.
const FRESHNESS = ["cache-control", "expires", "last-modified", "etag"];

/**
 * Whether some cache could give the answer to another request. No shared one keeps an answer to a request with
 * `Authorization` that says nothing of it (RFC 9111 §3.5), and a browser gives it to no other request. What a script of
 * another origin asked for is told to it in any case.
 */
function mayBeStored({ headers: asked }, { headers, ok }) {
  return !ok || !asked.has("authorization") || asked.has("origin") || FRESHNESS.some((name) => headers.has(name));
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
