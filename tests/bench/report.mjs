// The figures as tables: medians over the rounds, and the ratios that are held to.

/** What is held to: `[text, ratio or figure, limit, 'at least' | 'at most']`. */
const HELD = ({ rate, time, startup }) => [
  ['bearer / Hono + jose', rate('bearer', 'honoJose'), 1, 'at least'],
  ['bearer / pass-through', rate('bearer', 'passThrough'), 0.6, 'at least'],
  ['cookie / bearer', rate('cookie', 'bearer'), 0.9, 'at least'],
  ['API key / bearer', rate('apiKey', 'bearer'), 0.9, 'at least'],
  ['JWKS / hello', rate('jwks', 'hello'), 0.75, 'at least'],
  ['password login / bare Argon2id (time)', time('login', 'argon2'), 1.25, 'at most'],
  ['login among many users / few (time)', time('loginMany', 'loginFew'), 1.1, 'at most'],
  ['start-up CPU above an empty Worker (ms)', startup, 50, 'at most'],
];

/** What is shown beside the hello Worker, asked in the same way, and held to nothing. */
const FLOOR = { discovery: 'hello', code: 'helloLanes', clientRefresh: 'helloLanes', clientCredentials: 'helloLanes', introspection: 'helloLanes' };

/** Medians, ratios and their limits as plain data. `rounds` maps a scenario's id to its measurements. */
export function summary({ list, rounds, module, startup, machine, partial = false }) {
  const figures = Object.fromEntries(list.map(({ id, name }) => [id, {
    name,
    rate: median(rounds[id].map((round) => round.rate)),
    p50: median(rounds[id].map((round) => round.p50)),
    p99: median(rounds[id].map((round) => round.p99)),
    rates: rounds[id].map((round) => Math.round(round.rate)),
  }]));
  // A ratio is taken within each round, seconds apart, so that what else the machine does weighs on both sides.
  const ratio = (key) => (one, other) => median(rounds[one].map((round, at) => round[key] / rounds[other][at][key]));
  const held = partial ? [] : HELD({ rate: ratio('rate'), time: ratio('p50'), startup }).map(
    ([name, value, limit, sense]) => ({ name, value, limit, sense, met: sense === 'at least' ? value >= limit : value <= limit }),
  );
  const floor = Object.entries(FLOOR).filter(([one, other]) => rounds[one] && rounds[other]).map(
    ([one, other]) => ({ name: `${figures[one].name} / hello`, value: ratio('rate')(one, other) }),
  );
  return { machine, module, startup, figures, held, floor };
}

/** The summary as Markdown. */
export function markdown({ machine, module, figures, held, floor = [] }) {
  const rows = Object.values(figures).map(({ name, rate, p50, p99, rates }) =>
    `| ${name} | ${short(rate)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${short(Math.min(...rates))} – ${short(Math.max(...rates))} |`);
  const limits = held.map(({ name, value, limit, sense, met }) =>
    `| ${name} | ${value.toFixed(value < 10 ? 2 : 0)} | ${sense} ${limit} | ${met ? 'yes' : '**no**'} |`);
  return [
    `${machine}. Medians; ratios are medians of the rounds' own. Compare figures of one run only.`,
    '',
    '| scenario | requests/s | median ms | p99 ms | rounds from – to |', '|---|---:|---:|---:|---|', ...rows,
    ...(held.length ? ['', '| held to | now | limit | met |', '|---|---:|---:|---|', ...limits] : []),
    ...(floor.length ? ['', '| rate beside the hello floor | ratio |', '|---|---:|', ...floor.map(({ name, value }) => `| ${name} | ${value.toFixed(3)} |`)] : []),
    '',
    `Module: ${Math.round(module.bytes / 1000)} kB, ${Math.round(module.gzipped / 1000)} kB gzipped.`,
  ].join('\n');
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const short = (rate) => (rate < 100 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en'));
