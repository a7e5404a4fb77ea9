// One user: what they are, what can be done with them, and what they hold.
import { useState } from 'preact/hooks';
import type { Operation } from '../lib/api';
import { call } from '../lib/api';
import { Link, go, href, useRoute } from '../lib/router';
import { Ask, Check, Checks, Copy, Curl, Dialog, Form, Notice, Select, Shown, Text, When, useAction, useLoaded } from '../lib/ui';
import { fill, w } from '../lib/words';
import { Holdings } from './user-holdings';
import { type Choices, Marks, type User, doneTo, loadChoices, named } from './users';

export function UserScreen({ id }: { id: string }) {
  const { query } = useRoute();
  const user = useLoaded(() => call('GET /tenant/{tenant}/v2/Users/{id}', { path: { id } }), id);
  const choices = useLoaded(loadChoices, '');
  const [said, say] = useState('');
  const [turn, setTurn] = useState(0);
  const changed = (text: string) => {
    say(text);
    setTurn(turn + 1);
    user.reload();
  };
  return (
    <Shown of={user}>
      {(user) => (
        <>
          <header class="title">
            <div>
              <p class="crumb"><Link to={href(['users'])}>{w.users}</Link></p>
              <h1>{user.email}</h1>
              <p class="soft">{user.name} <Marks user={user} /></p>
            </div>
          </header>
          {(said || query.get('did')) && <Notice kind="done">{said || doneTo(query.get('did'), user.email)}</Notice>}
          <div class="columns">
            <Profile key={`${user.id}${turn}`} user={user} choices={choices.value} onSaved={() => changed(w.saved)} />
            <div>
              <section class="part" aria-labelledby="about">
                <h2 id="about">{w.security}</h2>
                <dl>
                  <dt>{w.id}</dt><dd><code>{user.id}</code> <Copy text={user.id} /></dd>
                  <dt>{w.factor}</dt><dd>{{ none: w.factorNone, totp: w.factorTotp, email: w.factorEmail }[user.mfa]}</dd>
                  <dt>{w.created}</dt><dd><When at={user.createdAt} /></dd>
                  <dt>{w.lastSignIn}</dt><dd><When at={user.lastLoginAt} /></dd>
                </dl>
              </section>
              <Actions user={user} onDone={changed} />
            </div>
          </div>
          <Holdings id={id} turn={turn} />
        </>
      )}
    </Shown>
  );
}

const CHANGE = 'PATCH /tenant/{tenant}/v2/Users/{id}';

function Profile({ user, choices, onSaved }: { user: User; choices?: Choices; onSaved: () => void }) {
  const [name, setName] = useState(user.name ?? '');
  const [email, setEmail] = useState(user.email);
  const [confirmed, setConfirmed] = useState(user.emailVerified);
  const [roles, setRoles] = useState(user.roles);
  const [plan, setPlan] = useState(user.plan ?? '');
  const [scopes, setScopes] = useState((user.scopes ?? []).join(' '));
  const { busy, error, fields, run } = useAction();
  const body = {
    ...(name !== (user.name ?? '') && { name: name || null }),
    ...(email !== user.email && { email }),
    ...(confirmed !== user.emailVerified && { emailVerified: confirmed }),
    ...(roles.join() !== user.roles.join() && { roles }),
    ...(plan !== (user.plan ?? '') && { plan: plan || null }),
    ...(scopes !== (user.scopes ?? []).join(' ') && { scopes: scopes.split(/\s+/).filter(Boolean) }),
  };
  const input = { path: { id: user.id }, body };
  return (
    <section class="part" aria-labelledby="profile">
      <h2 id="profile">{w.profile}</h2>
      <Form {...{ busy, error }} submit={w.save} shown={['name', 'email', 'emailVerified', 'roles', 'plan', 'scopes']} onSubmit={() => run(async () => { await call(CHANGE, input); onSaved(); })} after={<Curl operation={CHANGE} input={input} />}>
        <Text label={w.name} problem={fields.name} value={name} onValue={setName} autocomplete="off" />
        <Text type="email" label={w.email} problem={fields.email} value={email} onValue={setEmail} autocomplete="off" />
        <Check label={w.confirmedAddress} checked={confirmed} onChecked={setConfirmed} />
        <Checks legend={w.roles} hint={w.rolesMost} problem={fields.roles} options={named(choices?.roles ?? user.roles)} chosen={roles} onChosen={setRoles} />
        <Select label={w.plan} problem={fields.plan} value={plan} onValue={setPlan} options={[['', w.noPlan], ...named(choices?.plans ?? [user.plan ?? ''].filter(Boolean))]} />
        <Text label={w.scopes} hint={w.scopesHint} problem={fields.scopes} value={scopes} onValue={setScopes} autocomplete="off" />
      </Form>
    </section>
  );
}

interface Action { name: string; text: string; operation: Operation; body?: object; said: string; danger?: boolean }

function Actions({ user, onDone }: { user: User; onDone: (said: string) => void }) {
  const [asked, ask] = useState<Action>();
  const [deleting, setDeleting] = useState(false);
  const mailed = fill(w.mailed, { email: user.email });
  const isActive = user.status === 'active';
  const status = (to: 'active' | 'disabled') => ({ operation: CHANGE as Operation, body: { status: to } });
  const actions: (Action | false)[] = [
    isActive && { name: w.sendInvitation, text: w.sendInvitationText, operation: 'POST /tenant/{tenant}/v2/Users/{id}/invitation', said: mailed },
    isActive && !user.emailVerified && { name: w.sendVerification, text: w.sendVerificationText, operation: 'POST /tenant/{tenant}/v2/Users/{id}/verification', said: mailed },
    isActive && { name: w.sendReset, text: w.sendResetText, operation: 'POST /tenant/{tenant}/v2/Users/{id}/password-reset', said: mailed },
    { name: w.unlock, text: w.unlockText, operation: 'POST /tenant/{tenant}/v2/Users/{id}/unlock', said: w.unlocked },
    { name: w.resetFactor, text: w.resetFactorText, operation: CHANGE, body: { resetTOTP: true }, said: w.factorReset, danger: true },
    isActive
      ? { name: w.disable, text: w.disableText, ...status('disabled'), said: w.wasDisabled, danger: true }
      : { name: w.enable, text: w.enableText, ...status('active'), said: w.wasEnabled },
  ];
  const input = { path: { id: user.id }, ...(asked?.body && { body: asked.body }) } as Parameters<typeof call>[1];
  return (
    <section class="part" aria-labelledby="actions">
      <h2 id="actions">{w.userActions}</h2>
      <div class="actions">
        {actions.filter((one) => one !== false).map((one) => <button key={one.name} type="button" class="quiet" onClick={() => ask(one)}>{one.name}</button>)}
        <button type="button" class="quiet bad" onClick={() => setDeleting(true)}>{w.deleteUser}</button>
      </div>
      {asked && (
        <Ask
          title={asked.name} text={asked.text} submit={asked.name} danger={asked.danger} operation={asked.operation} input={input as never} onClose={() => ask(undefined)}
          onDo={async () => {
            await call(asked.operation, input as never);
            ask(undefined);
            onDone(asked.said);
          }}
        />
      )}
      {deleting && <Delete user={user} onClose={() => setDeleting(false)} />}
    </section>
  );
}

function Delete({ user, onClose }: { user: User; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const { busy, error, run } = useAction();
  const operation = 'DELETE /tenant/{tenant}/v2/Users/{id}';
  const input = { path: { id: user.id } };
  const submit = () => {
    const isRight = typed.trim().toLowerCase() === user.email.toLowerCase();
    setWrong(!isRight);
    if (isRight) run(async () => { await call(operation, input); go(href(['users'])); });
  };
  return (
    <Dialog title={w.deleteUser} onClose={onClose}>
      <Form {...{ busy, error }} submit={w.deleteUser} danger onCancel={onClose} onSubmit={submit} after={<Curl {...{ operation, input }} />}>
        <p>{fill(w.deleteUserText, { email: user.email })}</p>
        <Text label={w.typeAddress} problem={wrong ? w.wrongAddress : undefined} value={typed} onValue={setTyped} autocomplete="off" />
      </Form>
    </Dialog>
  );
}
