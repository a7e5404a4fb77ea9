// The Worker's entry. worker-build's own (index.js) wraps each request in proxies that begin the module anew
// after a trap; here that is done once per isolate (docs/benchmarks.md says what it saves). Public answers that the
// module allows to be given again for a moment are given again without entering it.
import Shim, { Counter, Refresher } from "./index.js";

export { Counter, Refresher };

const PUBLIC = Symbol.for("portcullis.public");
const known = new Map();
let serve;

function start(env, ctx) {
  const { fetch } = new Shim(ctx, env);
  // All that its handler reads of its instance, without the proxy around that.
  const self = { env, ctx };
  return (request, ctx) => {
    self.ctx = ctx;
    return fetch.call(self, request);
  };
}

function isPlain(request) {
  const { headers } = request;
  return request.method === "GET" && !headers.has("if-none-match") && !headers.has("x-tenant-id") && !headers.has("x-server-timing");
}

function remember(url, answer) {
  if (known.size >= 100) known.clear();
  known.set(url, answer);
}

// A request body that nobody read makes the platform close the connection without a word, so that the
// client's next request on it fails. A short one is read to its end before the answer goes.
const DRAINED = 64 * 1024;

function drains(request) {
  if (request.body === null || request.bodyUsed) return false;
  return Number(request.headers.get("content-length") ?? Infinity) <= DRAINED;
}

async function drained(request, response) {
  const answer = await response;
  if (drains(request)) await request.arrayBuffer().catch(() => {});
  return answer;
}

/** What follows an answer to a request that may have changed something. */
async function settled(request, response) {
  const answer = await drained(request, response);
  known.clear();
  return answer;
}

export default {
  fetch(request, env, ctx) {
    const answer = known.get(request.url);
    if (answer !== undefined) {
      if (Date.now() >= answer.until) known.delete(request.url);
      else if (isPlain(request)) {
        if (answer.line !== undefined && Math.random() < answer.share) console.log(answer.line);
        return new Response(answer.body, answer.init);
      }
    }
    serve ??= start(env, ctx);
    const response = serve(request, ctx);
    // A promise, or a response without the mark, has none.
    const again = response[PUBLIC];
    if (again !== undefined && isPlain(request)) remember(request.url, again);
    if (request.method !== "GET" && request.method !== "HEAD") return settled(request, response);
    return request.body === null ? response : drained(request, response);
  },
  scheduled(event, env, ctx) {
    known.clear();
    return new Shim(ctx, env).scheduled(event);
  },
};
