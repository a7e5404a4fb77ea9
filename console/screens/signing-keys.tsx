// The keys that sign tokens: which they are, and replacing them, for good or at once.
import { useState } from 'preact/hooks';
import { call } from '../lib/api';
import { Ask, Notice, Shown, When, useLoaded } from '../lib/ui';
import { w } from '../lib/words';

const ROTATE = 'POST /tenant/{tenant}/v2/Keys/rotate';
const STATES = { current: w.keyCurrent, next: w.keyNext, retiring: w.keyRetiring };

export function SigningKeys() {
  const keys = useLoaded(() => call('GET /tenant/{tenant}/v2/Keys'), '');
  const [asked, ask] = useState<'rotate' | 'revoke'>();
  const [said, say] = useState('');
  const input = { body: asked === 'revoke' ? { revoke: true } : {} };
  return (
    <>
      <header class="title">
        <div><p class="crumb">{w.operation}</p><h1>{w.signingKeys}</h1><p class="soft">{w.signingKeysText}</p></div>
        <div class="actions">
          <button type="button" onClick={() => ask('rotate')}>{w.rotate}</button>
          <button type="button" class="quiet bad" onClick={() => ask('revoke')}>{w.revokeAll}</button>
        </div>
      </header>
      {said && <Notice kind="done">{said}</Notice>}
      <Shown of={keys}>
        {({ items }) => (
          <table>
            <thead><tr><th scope="col">{w.keyId}</th><th scope="col">{w.algorithm}</th><th scope="col">{w.status}</th><th scope="col">{w.signsFrom}</th><th scope="col">{w.acceptedUntil}</th></tr></thead>
            <tbody>
              {items.map((one) => (
                <tr key={one.kid}>
                  <th scope="row"><code>{one.kid}</code></th>
                  <td data-label={w.algorithm}>{one.alg}</td>
                  <td data-label={w.status}><span class="mark">{STATES[one.status]}</span></td>
                  <td data-label={w.signsFrom}><When at={one.activeAt} /></td>
                  <td data-label={w.acceptedUntil}><When at={one.goneAt} never="–" /></td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Shown>
      {asked && (
        <Ask
          title={asked === 'revoke' ? w.revokeAll : w.rotate} text={asked === 'revoke' ? w.revokeAllText : w.rotateText} submit={asked === 'revoke' ? w.revokeAll : w.rotate}
          danger={asked === 'revoke'} operation={ROTATE} input={input} onClose={() => ask(undefined)}
          onDo={async () => {
            await call(ROTATE, input);
            say(asked === 'revoke' ? w.revokedAll : w.rotated);
            ask(undefined);
            keys.reload();
          }}
        />
      )}
    </>
  );
}
