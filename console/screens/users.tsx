// The tenant's users: found by what the address of the screen says.
import { useEffect, useState } from 'preact/hooks';
import type { Api } from '../api';
import { call } from '../lib/api';
import { Link, go, href, useRoute } from '../lib/router';
import { Checks, Curl, Dialog, Field, Form, Select, Shown, Text, When, useAction, useLoaded } from '../lib/ui';
import { fill, lang, w } from '../lib/words';

export type User = Api['GET /tenant/{tenant}/v2/Users/{id}']['answer'];

/** The tenant's roles and plans, to choose from. */
export const loadChoices = async () => {
  const [roles, plans] = await Promise.all([call('GET /tenant/{tenant}/v2/Roles'), call('GET /tenant/{tenant}/v2/Plans')]);
  return { roles: roles.items.map((one) => one.name), plans: plans.items.map((one) => one.name) };
};
export type Choices = Awaited<ReturnType<typeof loadChoices>>;

export const named = (names: string[]) => names.map((name): [string, string] => [name, name]);

const FILTERS = ['search', 'status', 'role', 'plan'] as const;
type Filters = Record<(typeof FILTERS)[number], string>;

export function Users() {
  const { query } = useRoute();
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ''])) as Filters;
  const cursor = query.get('cursor') ?? undefined;
  const users = useLoaded(() => call('GET /tenant/{tenant}/v2/Users', { query: { ...filters, cursor } }), query.toString());
  const choices = useLoaded(loadChoices, '');
  const [inviting, setInviting] = useState(false);
  const isFiltered = Object.values(filters).some(Boolean);
  return (
    <>
      <header class="title">
        <div><p class="crumb">{w.people}</p><h1>{w.users}</h1></div>
        <button type="button" onClick={() => setInviting(true)}>{w.newUser}</button>
      </header>
      <Search by={query.toString()} {...{ filters, isFiltered }} choices={choices.value} />
      <Shown of={users}>
        {({ items, nextCursor }) => (
          <>
            {items.length ? <Table users={items} /> : <p class="empty">{isFiltered ? w.noMatch : w.noUsers}</p>}
            <nav class="pages" aria-label={w.users}>
              {cursor && <Link to={href(['users'], filters)}>{w.first}</Link>}
              {nextCursor && <Link to={href(['users'], { ...filters, cursor: nextCursor })}>{w.next}</Link>}
            </nav>
          </>
        )}
      </Shown>
      {inviting && <Invite choices={choices.value} onClose={() => setInviting(false)} />}
    </>
  );
}

function Search({ by, filters, isFiltered, choices }: { by: string; filters: Filters; isFiltered: boolean; choices?: Choices }) {
  const [typed, set] = useState(filters);
  useEffect(() => set(filters), [by]);
  const change = (name: keyof Filters) => (value: string) => set({ ...typed, [name]: value });
  const any = (names: string[]): [string, string][] => [['', w.any], ...named(names)];
  return (
    <form class="filters" role="search" onSubmit={(event) => { event.preventDefault(); go(href(['users'], typed)); }}>
      <Text type="search" label={w.search} placeholder={w.searchUsers} value={typed.search} onValue={change('search')} />
      <Select label={w.status} value={typed.status} onValue={change('status')} options={[['', w.any], ['active', w.active], ['disabled', w.disabled]]} />
      <Select label={w.role} value={typed.role} onValue={change('role')} options={any(choices?.roles ?? [typed.role].filter(Boolean))} />
      <Select label={w.plan} value={typed.plan} onValue={change('plan')} options={any(choices?.plans ?? [typed.plan].filter(Boolean))} />
      <div class="buttons">
        <button type="submit" class="quiet">{w.filter}</button>
        {isFiltered && <Link to={href(['users'])}>{w.reset}</Link>}
      </div>
    </form>
  );
}

/** What stands out about a user. */
export function Marks({ user }: { user: User }) {
  return (
    <>
      {user.status === 'disabled' && <span class="mark bad">{w.disabled}</span>}
      {!user.emailVerified && <span class="mark">{w.unconfirmed}</span>}
      {user.operator && <span class="mark">{w.operator}</span>}
    </>
  );
}

function Table({ users }: { users: User[] }) {
  return (
    <table>
      <thead><tr><th scope="col">{w.email}</th><th scope="col">{w.roles}</th><th scope="col">{w.plan}</th><th scope="col">{w.lastSignIn}</th></tr></thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <th scope="row"><Link to={href(['users', user.id])}>{user.email}</Link> <Marks user={user} />{user.name && <small>{user.name}</small>}</th>
            <td data-label={w.roles}>{user.roles.length ? user.roles.map((role) => <span class="mark" key={role}>{role}</span>) : '–'}</td>
            <td data-label={w.plan}>{user.plan ?? '–'}</td>
            <td data-label={w.lastSignIn}><When at={user.lastLoginAt} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const OPERATION = 'POST /tenant/{tenant}/v2/Users';

function Invite({ choices, onClose }: { choices?: Choices; onClose: () => void }) {
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<string[]>([]);
  const [plan, setPlan] = useState('');
  const [how, setHow] = useState('invite');
  const [password, setPassword] = useState('');
  const [language, setLanguage] = useState<string>(lang);
  const { busy, error, fields, run } = useAction();
  const first = how === 'invite' ? { invite: true, language } : { password, language };
  const body = { email, ...(name && { name }), ...(roles.length && { roles }), ...(plan && { plan }), ...first };
  const submit = () => run(async () => {
    const user = await call(OPERATION, { body });
    onClose();
    go(href(['users', user.id], { did: how === 'invite' ? 'invited' : 'created' }));
  });
  return (
    <Dialog title={w.newUserTitle} onClose={onClose}>
      <Form {...{ busy, error }} submit={how === 'invite' ? w.invite : w.create} onCancel={onClose} onSubmit={submit} shown={['email', 'name', 'roles', 'plan', 'password']} after={<Curl operation={OPERATION} input={{ body }} />}>
        <Text type="email" label={w.email} problem={fields.email} value={email} onValue={setEmail} autocomplete="off" required />
        <Text label={`${w.name} (${w.optional})`} problem={fields.name} value={name} onValue={setName} autocomplete="off" />
        {choices && <Checks legend={w.roles} hint={w.rolesMost} problem={fields.roles} options={named(choices.roles)} chosen={roles} onChosen={setRoles} />}
        {choices && choices.plans.length > 0 && <Select label={w.plan} problem={fields.plan} value={plan} onValue={setPlan} options={[['', w.noPlan], ...named(choices.plans)]} />}
        <Select label={w.how} value={how} onValue={setHow} options={[['invite', w.howInvite], ['password', w.howPassword]]} />
        {how === 'password' && (
          <Field label={w.password} problem={fields.password}>
            {(about) => <input {...about} type="password" autocomplete="new-password" value={password} onInput={(event) => setPassword(event.currentTarget.value)} />}
          </Field>
        )}
        <Select label={w.mailLanguage} value={language} onValue={setLanguage} options={[['en', w.english], ['de', w.german]]} />
      </Form>
    </Dialog>
  );
}

/** What was just done with a user, by the word of it in the address. */
export function doneTo(did: string | null, email: string): string {
  if (did === 'invited') return fill(w.wasInvited, { email });
  return did === 'created' ? fill(w.wasCreated, { email }) : '';
}
