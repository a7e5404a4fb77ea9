// The console: opens its session, then shows the screen that the address names.
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { onConfirm } from './lib/api';
import { ownHost, origin, tenant, tenantName } from './lib/place';
import { Link, go, href, useRoute } from './lib/router';
import { NotConfirmed, type Proof, confirmInWindow, open, signIn, signOut } from './lib/session';
import { Dialog, Notice, worded } from './lib/ui';
import { w } from './lib/words';
import { ApiKeys } from './screens/api-keys';
import { Mails } from './screens/mails';
import { Plans, Roles } from './screens/ranks';
import { SigningKeys } from './screens/signing-keys';
import { Usage } from './screens/usage';
import { UserScreen } from './screens/user';
import { Users } from './screens/users';

const GROUPS = [
  { name: w.people, screens: [{ path: 'users', name: w.users }, { path: 'roles', name: w.roles }, { path: 'plans', name: w.plans }] },
  { name: w.integrations, screens: [{ path: 'api-keys', name: w.apiKeys }] },
  { name: w.operation, screens: [{ path: 'signing-keys', name: w.signingKeys }, { path: 'mails', name: w.mails }, { path: 'usage', name: w.usage }] },
];
const ALL = GROUPS.flatMap((group) => group.screens);

function Screen({ parts }: { parts: string[] }) {
  const [first, id] = parts;
  if (first === 'users' && parts.length === 2 && id) return <UserScreen key={id} id={id} />;
  if (first === 'users' && parts.length === 1) return <Users />;
  if (first === 'roles' && parts.length === 1) return <Roles key="roles" />;
  if (first === 'plans' && parts.length === 1) return <Plans key="plans" />;
  if (first === 'signing-keys' && parts.length === 1) return <SigningKeys />;
  if (first === 'mails' && parts.length === 1) return <Mails />;
  if (first === 'usage' && parts.length === 1) return <Usage />;
  if (first === 'api-keys' && parts.length === 1) return <ApiKeys />;
  return <><h1>{w.console}</h1><p class="soft">{w.notFound}</p></>;
}

function Console() {
  const { parts } = useRoute();
  const main = useRef<HTMLElement>(null);
  const where = parts.join('/');
  useEffect(() => {
    if (!parts.length) go(href(['users']), true);
  }, [where]);
  // A screen that is gone to begins at its top, also for who reads it with a screen reader.
  const first = useRef(true);
  useEffect(() => {
    document.title = `${ALL.find((one) => one.path === parts[0])?.name ?? w.console} – ${tenantName}`;
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [where]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>{w.skip}</a>
      <Menu here={parts[0] ?? 'users'} />
      <main id="main" ref={main} tabIndex={-1}><Screen parts={parts} /></main>
      <Confirming />
    </>
  );
}

function Menu({ here }: { here: string }) {
  const [shown, show] = useState(false);
  return (
    <header class="side">
      <p class="brand"><img src="/portcullis.svg" alt="" width="28" height="28" /><span>{tenantName}<small>{w.console}</small></span></p>
      <button type="button" class="quiet small menu" aria-expanded={shown} aria-controls="menu" onClick={() => show(!shown)}>{w.menu}</button>
      <div id="menu" class={shown ? 'shown' : undefined}>
        <nav aria-label={w.console}>
          {GROUPS.map((group) => (
            <div key={group.name}>
              <p>{group.name}</p>
              {group.screens.map((one) => <Link key={one.path} to={href([one.path])} aria-current={here === one.path ? 'page' : undefined} onClickCapture={() => show(false)}>{one.name}</Link>)}
            </div>
          ))}
        </nav>
        <div class="foot">
          <a href={`${origin}/tenant/${tenant}/account`}>{w.account}</a>
          <a href={`${origin}/docs`}>{w.docs}</a>
          <button type="button" class="link" onClick={signOut}>{w.signOut}</button>
        </div>
      </div>
    </header>
  );
}

interface Question { proof: Proof; done: () => void; failed: (error: unknown) => void }

/** Asks for the proof that an action needs, in a window, and lets the action go on. */
function Confirming() {
  const [asked, ask] = useState<Question>();
  const [waiting, wait] = useState<() => void>();
  const [blocked, setBlocked] = useState(false);
  useEffect(() => onConfirm((proof) => new Promise((done, failed) => ask({ proof, done, failed }))), []);
  if (!asked) return null;
  const end = (how: () => void) => {
    ask(undefined);
    wait(undefined);
    setBlocked(false);
    how();
  };
  const confirm = () => {
    const window = confirmInWindow(asked.proof);
    setBlocked(!window);
    wait(window && (() => window.cancel));
    window?.done.then(() => end(asked.done), (error) => end(() => asked.failed(error)));
  };
  const cancel = () => (waiting ? waiting() : end(() => asked.failed(new NotConfirmed())));
  const text = asked.proof.secondFactor ? w.confirmFactor : asked.proof.maxAge === undefined ? w.confirmEnded : w.confirmText;
  return (
    <Dialog title={w.confirmTitle} onClose={cancel}>
      <p>{text}</p>
      {blocked && <Notice kind="problem">{w.confirmBlocked}</Notice>}
      {waiting && <p role="status">{w.confirmWaiting}</p>}
      <div class="buttons">
        {!waiting && <button type="button" onClick={confirm}>{w.confirmButton}</button>}
        <button type="button" class="quiet" onClick={cancel}>{w.cancel}</button>
      </div>
    </Dialog>
  );
}

function Failed({ error }: { error: unknown }) {
  return (
    <main class="alone">
      <h1>{w.console}</h1>
      <Notice kind="problem">{error instanceof TypeError ? w.offline : `${w.signInFailed} ${worded(error)}`}</Notice>
      <button type="button" onClick={() => signIn(href([]))}>{w.signInAgain}</button>
    </main>
  );
}

const at = document.getElementById('console');
document.body.classList.toggle('own-host', ownHost);
if (at) {
  open().then(
    (isOpen) => isOpen && render(<Console />, at),
    (error: unknown) => render(<Failed error={error} />, at),
  );
}
