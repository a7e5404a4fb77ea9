// Roles and plans: each has a rank, and whoever has a higher one passes wherever a lower one is asked for.
import { useState } from 'preact/hooks';
import { call } from '../lib/api';
import { Link, href } from '../lib/router';
import { Ask, Curl, Dialog, Form, Notice, Shown, Text, useAction, useLoaded } from '../lib/ui';
import { fill, w } from '../lib/words';

/** A role with its scopes, or a plan with its features. */
interface Ranked { name: string; rank: number; list: string[] }

interface Kind {
  path: 'roles' | 'plans';
  title: string;
  text: string;
  listed: string;
  listHint: string;
  create: string;
  /** The filter of the users who have one. */
  filter: 'role' | 'plan';
  load: () => Promise<Ranked[]>;
  operations: { create: 'POST /tenant/{tenant}/v2/Roles' | 'POST /tenant/{tenant}/v2/Plans'; change: 'PUT /tenant/{tenant}/v2/Roles/{name}' | 'PUT /tenant/{tenant}/v2/Plans/{name}'; remove: 'DELETE /tenant/{tenant}/v2/Roles/{name}' | 'DELETE /tenant/{tenant}/v2/Plans/{name}' };
  body: (list: string[]) => object;
}

const ROLES: Kind = {
  path: 'roles', title: w.roles, text: w.rolesText, listed: w.scopes, listHint: w.scopesHint, create: w.newRole, filter: 'role',
  load: async () => (await call('GET /tenant/{tenant}/v2/Roles')).items.map(({ name, rank, scopes }) => ({ name, rank, list: scopes ?? [] })),
  operations: { create: 'POST /tenant/{tenant}/v2/Roles', change: 'PUT /tenant/{tenant}/v2/Roles/{name}', remove: 'DELETE /tenant/{tenant}/v2/Roles/{name}' },
  body: (scopes) => ({ scopes }),
};

const PLANS: Kind = {
  path: 'plans', title: w.plans, text: w.plansText, listed: w.features, listHint: w.featuresHint, create: w.newPlan, filter: 'plan',
  load: async () => (await call('GET /tenant/{tenant}/v2/Plans')).items.map(({ name, rank, features }) => ({ name, rank, list: features })),
  operations: { create: 'POST /tenant/{tenant}/v2/Plans', change: 'PUT /tenant/{tenant}/v2/Plans/{name}', remove: 'DELETE /tenant/{tenant}/v2/Plans/{name}' },
  body: (features) => ({ features }),
};

export const Roles = () => <Ranks kind={ROLES} />;
export const Plans = () => <Ranks kind={PLANS} />;

function Ranks({ kind }: { kind: Kind }) {
  const all = useLoaded(kind.load, kind.path);
  const [editing, edit] = useState<Ranked | 'new'>();
  const [deleting, remove] = useState<Ranked>();
  const [said, say] = useState('');
  const input = { path: { name: deleting?.name ?? '' } };
  const done = (text: string) => {
    say(text);
    all.reload();
  };
  return (
    <>
      <header class="title">
        <div><p class="crumb">{w.people}</p><h1>{kind.title}</h1><p class="soft">{kind.text}</p></div>
        <button type="button" onClick={() => edit('new')}>{kind.create}</button>
      </header>
      {said && <Notice kind="done">{said}</Notice>}
      <Shown of={all}>
        {(items) => (
          <table>
            <thead><tr><th scope="col">{w.name}</th><th scope="col">{w.rank}</th><th scope="col">{kind.listed}</th><td /></tr></thead>
            <tbody>
              {[...items].sort((a, b) => b.rank - a.rank).map((one) => (
                <tr key={one.name}>
                  <th scope="row">{one.name}<small><Link to={href(['users'], { [kind.filter]: one.name })}>{w.whoHas}</Link></small></th>
                  <td data-label={w.rank}>{one.rank}</td>
                  <td data-label={kind.listed}>{one.list.length ? one.list.map((word) => <code class="mark" key={word}>{word}</code>) : '–'}</td>
                  <td class="end">
                    <button type="button" class="quiet small" aria-label={`${w.change}: ${one.name}`} onClick={() => edit(one)}>{w.change}</button>{' '}
                    <button type="button" class="quiet small" aria-label={`${w.delete}: ${one.name}`} onClick={() => remove(one)}>{w.delete}</button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Shown>
      {editing && <Edit kind={kind} was={editing === 'new' ? undefined : editing} onClose={() => edit(undefined)} onDone={(name) => done(fill(w.savedName, { name }))} />}
      {deleting && (
        <Ask
          title={fill(w.deleteName, { name: deleting.name })} text={w.deleteRankText} submit={w.delete} danger operation={kind.operations.remove} input={input} onClose={() => remove(undefined)}
          onDo={async () => {
            await call(kind.operations.remove, input);
            remove(undefined);
            done(fill(w.wasDeleted, { email: deleting.name }));
          }}
        />
      )}
    </>
  );
}

function Edit({ kind, was, onClose, onDone }: { kind: Kind; was?: Ranked; onClose: () => void; onDone: (name: string) => void }) {
  const [name, setName] = useState('');
  const [rank, setRank] = useState(String(was?.rank ?? ''));
  const [list, setList] = useState(was?.list.join(' ') ?? '');
  const [wrong, setWrong] = useState(false);
  const { busy, error, fields, run } = useAction();
  const words = list.split(/\s+/).filter(Boolean);
  const operation = was ? kind.operations.change : kind.operations.create;
  const body = { ...(!was && { name }), rank: Number(rank), ...kind.body(words) };
  const input = { ...(was && { path: { name: was.name } }), body };
  const submit = () => {
    const isNumber = /^-?\d+$/.test(rank.trim());
    setWrong(!isNumber);
    if (isNumber) run(async () => { await call(operation, input); onClose(); onDone(was?.name ?? name); });
  };
  return (
    <Dialog title={was ? `${w.change}: ${was.name}` : kind.create} onClose={onClose}>
      <Form {...{ busy, error }} submit={was ? w.save : kind.create} onCancel={onClose} onSubmit={submit} shown={['name', 'rank', 'scopes', 'features']} after={<Curl operation={operation} input={input} />}>
        {!was && <Text label={w.name} problem={fields.name} value={name} onValue={setName} autocomplete="off" />}
        <Text label={w.rank} hint={w.rankHint} problem={wrong ? w.rankWrong : fields.rank} value={rank} onValue={setRank} inputMode="numeric" autocomplete="off" />
        <Text label={`${kind.listed} (${w.optional})`} hint={kind.listHint} problem={fields.scopes ?? fields.features} value={list} onValue={setList} autocomplete="off" />
      </Form>
    </Dialog>
  );
}
