// The page that the browser tests drive: a button for each thing that a single-page app does.
import { auth, call, callback, signIn, signInWithPopup, signOut } from './auth.js';

window.app = { auth, call };

async function show() {
  const user = await auth.getUser();
  document.querySelector('#who').textContent = user?.profile.sub ?? 'nobody';
}

const on = (id, run) =>
  document.querySelector(id).addEventListener('click', () =>
    run().catch((error) => {
      document.querySelector('#error').textContent = error.message;
    }),
  );

if (location.pathname === '/callback') {
  callback().catch((error) => {
    document.querySelector('#error').textContent = error.message;
  });
} else {
  on('#sign-in', signIn);
  on('#popup', async () => {
    await signInWithPopup();
    await show();
  });
  on('#sign-out', signOut);
  show();
}
