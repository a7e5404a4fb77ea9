// What a user holds: sessions, passkeys, providers, apps, keys, connections; and what happened lately.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Input, type Operation, Refused, call } from '../lib/api';
import { Ask, Notice, Shown, When, useLoaded } from '../lib/ui';
import { fill, w } from '../lib/words';

interface Item { id: string; name: string; marks?: string[]; about: ComponentChildren }
interface Part { title: string; load: () => Promise<Item[]>; end: string; text: string; operation: Operation; param: string }

/** A browser and its system, as people call them. */
function device(agent: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent)?.[1];
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1];
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' };
  const words = [browser, system].filter((one): one is string => Boolean(one)).map((one) => names[one] ?? one);
  return words.join(', ') || agent.slice(0, 60) || w.unknownDevice;
}

const used = (at: string | null) => (at ? <When at={at} /> : <span>{w.never}</span>);

function partsOf(id: string): Part[] {
  const path = { id };
  return [
    {
      title: w.sessions, end: w.end, text: w.endSessionText, operation: 'DELETE /tenant/{tenant}/v2/Users/{id}/Sessions/{sid}', param: 'sid',
      load: async () => (await call('GET /tenant/{tenant}/v2/Users/{id}/Sessions', { path, query: { limit: 100 } })).items.map((one) => ({
        id: one.id, name: one.clientName ? fill(w.viaApp, { app: one.clientName }) : device(one.userAgent), about: <>{one.address} · {used(one.lastSeenAt)}</>,
      })),
    },
    {
      title: w.passkeys, end: w.remove, text: w.removeText, operation: 'DELETE /tenant/{tenant}/v2/Users/{id}/Passkeys/{passkey}', param: 'passkey',
      load: async () => (await call('GET /tenant/{tenant}/v2/Users/{id}/Passkeys', { path })).items.map((one) => ({
        id: one.id, name: one.name, marks: one.backedUp ? [w.synced] : [], about: used(one.lastUsedAt),
      })),
    },
    {
      title: w.identities, end: w.remove, text: w.removeText, operation: 'DELETE /tenant/{tenant}/v2/Users/{id}/Identities/{identity}', param: 'identity',
      load: async () => (await call('GET /tenant/{tenant}/v2/Users/{id}/Identities', { path })).items.map((one) => ({
        id: one.id, name: one.provider, about: <>{one.email ?? one.subject} · {used(one.lastUsedAt)}</>,
      })),
    },
    {
      title: w.apps, end: w.revoke, text: w.revokeAppText, operation: 'DELETE /tenant/{tenant}/v2/Users/{id}/Consents/{client}', param: 'client',
      load: async () => (await call('GET /tenant/{tenant}/v2/Users/{id}/Consents', { path })).items.map((one) => ({
        id: one.clientId, name: one.clientName, about: <>{one.scopes.join(' ')} · {used(one.grantedAt)}</>,
      })),
    },
    {
      title: w.apiKeys, end: w.revoke, text: w.revokeKeyText, operation: 'DELETE /tenant/{tenant}/v2/Users/{id}/ApiKeys/{key}', param: 'key',
      load: async () => (await call('GET /tenant/{tenant}/v2/Users/{id}/ApiKeys', { path })).items.map((one) => ({
        id: one.id, name: one.name, about: <><code>{one.prefix}…</code> {one.scopes.join(' ')} · {used(one.lastUsedAt)}</>,
      })),
    },
    {
      title: w.connections, end: w.end, text: w.revokeConnectionText, operation: 'DELETE /tenant/{tenant}/v2/Users/{id}/Connections/{connection}', param: 'connection',
      load: async () => (await call('GET /tenant/{tenant}/v2/Users/{id}/Connections', { path })).items.map((one) => ({
        id: one.id, name: `${one.providerName} ${one.label}`, about: <>{one.account ?? one.scopes.join(' ')} · {used(one.lastUsedAt)}</>,
      })),
    },
  ];
}

export function Holdings({ id, turn }: { id: string; turn: number }) {
  return (
    <div class="parts">
      {partsOf(id).map((part) => <Holding key={part.title} {...{ part, id, turn }} />)}
      <Events {...{ id, turn }} />
    </div>
  );
}

function Holding({ part, id, turn }: { part: Part; id: string; turn: number }) {
  const items = useLoaded(part.load, `${id} ${turn}`);
  const [ending, end] = useState<Item>();
  const [said, say] = useState(false);
  // What this administrator may not see is not there.
  if (items.error instanceof Refused && items.error.status === 403) return null;
  const name = `held-${part.param}`;
  const input = { path: { id, [part.param]: ending?.id ?? '' } } as Input<Operation>;
  return (
    <section class="part" aria-labelledby={name}>
      <h2 id={name}>{part.title}</h2>
      {said && <Notice kind="done">{w.done}</Notice>}
      <Shown of={items}>
        {(items) => items.length ? (
          <ul class="rows">
            {items.map((item) => (
              <li key={item.id}>
                <div><strong>{item.name}</strong> {item.marks?.map((mark) => <span class="mark" key={mark}>{mark}</span>)}<small>{item.about}</small></div>
                <button type="button" class="quiet small" aria-label={`${part.end}: ${item.name}`} onClick={() => end(item)}>{part.end}</button>
              </li>
            ))}
          </ul>
        ) : <p class="soft">{w.none}</p>}
      </Shown>
      {ending && (
        <Ask
          title={`${part.end}: ${ending.name}`} text={fill(part.text, { what: ending.name })} submit={part.end} danger operation={part.operation} input={input as never} onClose={() => end(undefined)}
          onDo={async () => {
            await call(part.operation, input as never);
            end(undefined);
            say(true);
            items.reload();
          }}
        />
      )}
    </section>
  );
}

function Events({ id, turn }: { id: string; turn: number }) {
  const events = useLoaded(() => call('GET /tenant/{tenant}/v2/Audit', { query: { subject: id, limit: 10 } }), `${id} ${turn}`);
  return (
    <section class="part" aria-labelledby="recent">
      <h2 id="recent">{w.recent}</h2>
      <Shown of={events}>
        {({ items }) => items.length ? (
          <ul class="rows">
            {items.map((one) => <li key={one.id}><div><code>{one.event}</code> {one.outcome === 'failure' && <span class="mark bad">{one.outcome}</span>}<small>{one.detail ?? ''}</small></div><When at={one.at} /></li>)}
          </ul>
        ) : <p class="soft">{w.none}</p>}
      </Shown>
    </section>
  );
}
