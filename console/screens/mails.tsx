// What became of the mails of the last 30 days, never what they say; one that failed can be sent again.
import { useEffect, useState } from 'preact/hooks';
import type { Api } from '../api';
import { call } from '../lib/api';
import { Link, go, href, useRoute } from '../lib/router';
import { Ask, Notice, Select, Shown, Text, When, useLoaded } from '../lib/ui';
import { fill, w } from '../lib/words';

type Mail = Api['GET /tenant/{tenant}/v2/Mails']['answer']['items'][number];

const RETRY = 'POST /tenant/{tenant}/v2/Mails/{id}/retry';
const STATES: Record<Mail['status'], string> = { queued: w.mailQueued, sending: w.mailSending, sent: w.mailSent, failed: w.mailFailed };

export function Mails() {
  const { query } = useRoute();
  const status = query.get('status') ?? '';
  const recipient = query.get('recipient') ?? '';
  const cursor = query.get('cursor') ?? undefined;
  const mails = useLoaded(() => call('GET /tenant/{tenant}/v2/Mails', { query: { status, recipient, cursor } }), query.toString());
  const [retrying, retry] = useState<Mail>();
  const [said, say] = useState('');
  const path = { id: retrying?.id ?? '' };
  return (
    <>
      <header class="title"><div><p class="crumb">{w.operation}</p><h1>{w.mails}</h1><p class="soft">{w.mailsText}</p></div></header>
      <Search status={status} recipient={recipient} />
      {said && <Notice kind="done">{said}</Notice>}
      <Shown of={mails}>
        {({ items, nextCursor }) => (
          <>
            {items.length ? <Table mails={items} onRetry={retry} /> : <p class="empty">{w.noMails}</p>}
            <nav class="pages" aria-label={w.mails}>
              {cursor && <Link to={href(['mails'], { status, recipient })}>{w.first}</Link>}
              {nextCursor && <Link to={href(['mails'], { status, recipient, cursor: nextCursor })}>{w.next}</Link>}
            </nav>
          </>
        )}
      </Shown>
      {retrying && (
        <Ask
          title={w.retry} text={fill(w.retryText, { email: retrying.recipient })} submit={w.retry} operation={RETRY} input={{ path }} onClose={() => retry(undefined)}
          onDo={async () => {
            await call(RETRY, { path });
            retry(undefined);
            say(w.retried);
            mails.reload();
          }}
        />
      )}
    </>
  );
}

function Search({ status, recipient }: { status: string; recipient: string }) {
  const [to, setTo] = useState(recipient);
  const [state, setState] = useState(status);
  useEffect(() => {
    setTo(recipient);
    setState(status);
  }, [recipient, status]);
  return (
    <form class="filters two" role="search" onSubmit={(event) => { event.preventDefault(); go(href(['mails'], { status: state, recipient: to })); }}>
      <Text type="search" label={w.recipient} hint={w.recipientHint} value={to} onValue={setTo} />
      <Select label={w.status} value={state} onValue={setState} options={[['', w.any], ...Object.entries(STATES)]} />
      <div class="buttons">
        <button type="submit" class="quiet">{w.filter}</button>
        {(status || recipient) && <Link to={href(['mails'])}>{w.reset}</Link>}
      </div>
    </form>
  );
}

function Table({ mails, onRetry }: { mails: Mail[]; onRetry: (mail: Mail) => void }) {
  return (
    <table>
      <thead><tr><th scope="col">{w.recipient}</th><th scope="col">{w.mailKind}</th><th scope="col">{w.status}</th><th scope="col">{w.created}</th><td /></tr></thead>
      <tbody>
        {mails.map((one) => (
          <tr key={one.id}>
            <th scope="row">{one.userId ? <Link to={href(['users', one.userId])}>{one.recipient}</Link> : one.recipient}</th>
            <td data-label={w.mailKind}><code>{one.kind}</code></td>
            <td data-label={w.status}><span class={one.status === 'failed' ? 'mark bad' : 'mark'}>{STATES[one.status]}</span>{one.error && <small>{one.error}</small>}</td>
            <td data-label={w.created}><When at={one.createdAt} /></td>
            <td class="end">{one.status === 'failed' && <button type="button" class="quiet small" aria-label={`${w.retry}: ${one.recipient}`} onClick={() => onRetry(one)}>{w.retry}</button>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
