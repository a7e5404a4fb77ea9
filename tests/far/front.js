// Stands before the built Worker in workerd: D1 and the Durable Objects answer as if they were far away, and now and then
// not at all. `GET /__far` tells what storage was asked since the last time; `POST /__far` says how far it is.
import near, { Counter, Refresher as NearRefresher } from './entry.js';

export { Counter };

/** Milliseconds to the storage and back, how much of that varies, and the share of calls that fail. */
let distance = { ms: 0, jitter: 0, faults: 0 };
let calls = [];
/** How many calls had to be waited for one after another so far, the answered ones alone. */
let depth = 0;

const pause = () => {
  const { ms, jitter } = distance;
  const time = ms * (1 + jitter * (Math.random() * 2 - 1));
  return time > 0 ? new Promise((resolve) => setTimeout(resolve, time)) : undefined;
};

// What D1 says of calls that it did not run, and of one whose answer was lost on the way.
const NOT_RUN = ['D1_ERROR: D1 DB is overloaded. Requests queued for too long.', 'D1_ERROR: Network connection lost.'];
const LOST = 'D1_ERROR: Network connection lost.';

/** One call to storage, told with what `sum` makes of its answer. */
async function call(kind, run, sum = () => ({})) {
  const mine = { kind, depth: depth + 1 };
  calls.push(mine);
  const draw = distance.faults > 0 ? Math.random() / distance.faults : 1;
  try {
    await pause();
    if (draw < 0.67) throw new Error(NOT_RUN[draw < 0.33 ? 0 : 1]);
    const answer = await run();
    Object.assign(mine, sum(answer));
    if (draw < 1) throw new Error(LOST);
    return answer;
  } catch (error) {
    mine.failed = error.message;
    throw error;
  } finally {
    mine.answered = true;
    depth = Math.max(depth, mine.depth);
  }
}

const meta = (results) => {
  const total = (name) => results.reduce((sum, { meta }) => sum + (meta?.[name] ?? 0), 0);
  return { statements: results.length, read: total('rows_read'), written: total('rows_written') };
};

/**
 * `target` with some of its methods in another way. The platform's objects take no other `this`, and the `worker` crate asks
 * for their constructor's name.
 */
const over = (target, methods) =>
  new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function' || name === 'constructor') return value;
      return methods[name]?.(value.bind(target)) ?? value.bind(target);
    },
  });

const database = (real) =>
  over(real, {
    batch: (run) => (statements) => call('D1', () => run(statements), meta),
    withSession: (open) => (...from) => database(open(...from)),
  });

const objects = (real, kind) => {
  const stub = (get) => (...from) => over(get(...from), { fetch: (send) => (...request) => call(kind, () => send(...request)) });
  return over(real, { get: stub, getByName: stub });
};

const environments = new WeakMap();

function distant(env) {
  if (!environments.has(env)) {
    const { DB, COUNTER, REFRESHER } = env;
    const bindings = { DB: database(DB), COUNTER: objects(COUNTER, 'Counter'), REFRESHER: objects(REFRESHER, 'Refresher') };
    environments.set(env, new Proxy(env, { get: (target, name) => bindings[name] ?? Reflect.get(target, name) }));
  }
  return environments.get(env);
}

/** An object that asks D1 itself is as far from it as a Worker. */
export class Refresher extends NearRefresher {
  constructor(state, env) {
    super(state, distant(env));
  }
}

/** The calls since the last time. */
function told() {
  const answer = Response.json(calls);
  calls = [];
  depth = 0;
  return answer;
}

async function moved(request) {
  distance = { ...distance, ...(await request.json()) };
  return Response.json(distance);
}

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === '/__far') return request.method === 'POST' ? moved(request) : told();
    const answer = await near.fetch(request, distant(env), ctx);
    // What is asked from here on, nobody waits for.
    for (const mine of calls) mine.waited ??= mine.answered === true;
    return answer;
  },
  scheduled: (event, env, ctx) => near.scheduled(event, distant(env), ctx),
};
