// How many people used the tenant in each month: a picture of the last ones, and all of them as a table.
import { call } from '../lib/api';
import { Link, href, useRoute } from '../lib/router';
import { Shown, useLoaded } from '../lib/ui';
import { lang, w } from '../lib/words';

interface Month { month: string; monthlyActiveUsers: number }

const number = new Intl.NumberFormat(lang);
const named = (month: string) => new Intl.DateTimeFormat(lang, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${month}-01T00:00:00Z`));

export function Usage() {
  const { query } = useRoute();
  const cursor = query.get('cursor') ?? undefined;
  const usage = useLoaded(() => call('GET /tenant/{tenant}/v2/Usage', { query: { cursor } }), cursor ?? '');
  return (
    <>
      <header class="title"><div><p class="crumb">{w.operation}</p><h1>{w.usage}</h1><p class="soft">{w.usageText}</p></div></header>
      <Shown of={usage}>
        {({ items, nextCursor }) => items.length ? (
          <>
            <Chart months={items.slice(0, 12).reverse()} />
            <table>
              <thead><tr><th scope="col">{w.month}</th><th scope="col">{w.activeUsers}</th></tr></thead>
              <tbody>{items.map((one) => <tr key={one.month}><th scope="row">{named(one.month)}</th><td data-label={w.activeUsers}>{number.format(one.monthlyActiveUsers)}</td></tr>)}</tbody>
            </table>
            <nav class="pages" aria-label={w.usage}>
              {cursor && <Link to={href(['usage'])}>{w.first}</Link>}
              {nextCursor && <Link to={href(['usage'], { cursor: nextCursor })}>{w.next}</Link>}
            </nav>
          </>
        ) : <p class="empty">{w.noUsage}</p>}
      </Shown>
    </>
  );
}

/** Bars; the table beside it says the same to who cannot see them. */
function Chart({ months }: { months: Month[] }) {
  const most = Math.max(1, ...months.map((one) => one.monthlyActiveUsers));
  const [width, height] = [Math.max(months.length, 6) * 60, 160];
  return (
    <div class="part">
      <svg class="chart" viewBox={`0 0 ${width} ${height + 40}`} role="img" aria-label={w.usageChart}>
        {months.map((one, at) => {
          const tall = Math.max(2, (one.monthlyActiveUsers / most) * height);
          return (
            <g key={one.month}>
              <rect x={at * 60 + 12} y={height + 18 - tall} width="36" height={tall} rx="4" />
              <text x={at * 60 + 30} y={height + 12 - tall} text-anchor="middle">{number.format(one.monthlyActiveUsers)}</text>
              <text x={at * 60 + 30} y={height + 36} text-anchor="middle">{one.month.slice(2).replace('-', '/')}</text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
