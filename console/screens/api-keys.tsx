// Integrations > API Keys: the tenant's own keys. One is shown when it is made, and never again.
import { useState } from 'preact/hooks';
import type { Api } from '../api';
import { call } from '../lib/api';
import { tenantName } from '../lib/place';
import { Link, href, useRoute } from '../lib/router';
import { Ask, Checks, Copy, Curl, Dialog, Form, Notice, Select, Shown, Text, When, useAction, useLoaded } from '../lib/ui';
import { fill, w } from '../lib/words';

type Key = Api['GET /tenant/{tenant}/v2/ApiKeys']['answer']['items'][number];

const SCOPES: [string, string][] = [['read', w.scopeRead], ['write', w.scopeWrite], ['webhooks:manage', w.scopeWebhooks]];
const DAYS = [30, 90, 365];

export function ApiKeys() {
  const { query } = useRoute();
  const cursor = query.get('cursor') ?? undefined;
  const keys = useLoaded(() => call('GET /tenant/{tenant}/v2/ApiKeys', { query: { cursor } }), cursor ?? '');
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key>();
  const [said, say] = useState('');
  const path = { id: revoking?.id ?? '' };
  return (
    <>
      <header class="title">
        <div>
          <p class="crumb">{w.integrations}</p>
          <h1>{w.apiKeys}</h1>
          <p class="soft">{fill(w.keysText, { tenant: tenantName })}</p>
        </div>
        <button type="button" onClick={() => setMaking(true)}>{w.createKey}</button>
      </header>
      {said && <Notice kind="done">{said}</Notice>}
      <Shown of={keys}>
        {({ items, nextCursor }) => (
          <>
            {items.length ? <Table keys={items} onRevoke={setRevoking} /> : <p class="empty">{w.noKeys}</p>}
            <nav class="pages" aria-label={w.apiKeys}>
              {cursor && <Link to={href(['api-keys'])}>{w.first}</Link>}
              {nextCursor && <Link to={href(['api-keys'], { cursor: nextCursor })}>{w.next}</Link>}
            </nav>
          </>
        )}
      </Shown>
      {making && <Create onClose={() => setMaking(false)} onMade={() => { say(''); keys.reload(); }} />}
      {revoking && (
        <Ask
          title={fill(w.revokeKeyTitle, { name: revoking.name })} text={w.revokeKeyText} submit={w.revoke} danger
          operation="DELETE /tenant/{tenant}/v2/ApiKeys/{id}" input={{ path }} onClose={() => setRevoking(undefined)}
          onDo={async () => {
            await call('DELETE /tenant/{tenant}/v2/ApiKeys/{id}', { path });
            say(fill(w.revoked, { name: revoking.name }));
            setRevoking(undefined);
            keys.reload();
          }}
        />
      )}
    </>
  );
}

function Table({ keys, onRevoke }: { keys: Key[]; onRevoke: (key: Key) => void }) {
  const isOver = (key: Key) => Boolean(key.expiresAt && Date.parse(key.expiresAt) < Date.now());
  return (
    <table>
      <thead><tr><th scope="col">{w.name}</th><th scope="col">{w.keyPrefix}</th><th scope="col">{w.scopes}</th><th scope="col">{w.created}</th><th scope="col">{w.expires}</th><td /></tr></thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row">{key.name}<small>{key.lastUsedAt ? <When at={key.lastUsedAt} /> : w.unusedKey}</small></th>
            <td data-label={w.keyPrefix}><code>{key.prefix}…</code></td>
            <td data-label={w.scopes}>{key.scopes.map((scope) => <code class="mark" key={scope}>{scope}</code>)}</td>
            <td data-label={w.created}><When at={key.createdAt} /></td>
            <td data-label={w.expires}>{isOver(key) ? <span class="mark bad">{w.expired}</span> : <When at={key.expiresAt} />}</td>
            <td class="end"><button type="button" class="quiet small" aria-label={`${w.revoke}: ${key.name}`} onClick={() => onRevoke(key)}>{w.revoke}</button></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const OPERATION = 'POST /tenant/{tenant}/v2/ApiKeys';

function Create({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState(['read']);
  const [other, setOther] = useState('');
  const [days, setDays] = useState('');
  const [unchosen, setUnchosen] = useState(false);
  const [made, setMade] = useState<string>();
  const { busy, error, fields, run } = useAction();
  const scopes = [...chosen, ...other.split(/\s+/).filter(Boolean)];
  const expiresAt = days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z') : undefined;
  const body = { name, scopes, ...(expiresAt && { expiresAt }) };
  if (made) {
    return (
      <Dialog title={w.keyMade} onClose={() => {}}>
        <p>{w.keyMadeText}</p>
        <div class="secret"><code aria-label={w.key}>{made}</code><Copy text={made} /></div>
        <div class="buttons"><button type="button" onClick={onClose}>{w.keyDone}</button></div>
      </Dialog>
    );
  }
  const create = () => run(async () => {
    setUnchosen(scopes.length === 0);
    if (!scopes.length) return;
    const { apiKey } = await call(OPERATION, { body });
    setMade(apiKey);
    onMade();
  });
  return (
    <Dialog title={w.createKeyTitle} onClose={onClose}>
      <Form {...{ busy, error }} submit={w.createKey} onCancel={onClose} onSubmit={create} shown={['name', 'scopes', 'expiresAt']} after={<Curl operation={OPERATION} input={{ body }} />}>
        <Text label={w.keyName} hint={w.keyNameHint} problem={fields.name} value={name} onValue={setName} autocomplete="off" />
        <Checks legend={w.keyScopes} options={SCOPES} chosen={chosen} onChosen={setChosen} problem={unchosen ? w.chooseScope : fields.scopes} />
        <Text label={`${w.scopeOther} (${w.optional})`} hint={w.scopesHint} value={other} onValue={setOther} autocomplete="off" />
        <Select label={w.expires} value={days} onValue={setDays} problem={fields.expiresAt} options={[['', w.expiresNever], ...DAYS.map((n): [string, string] => [String(n), n === 365 ? w.year : fill(w.days, { n })])]} />
      </Form>
    </Dialog>
  );
}
