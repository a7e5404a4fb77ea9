// What the hosted pages do more comfortably with JavaScript; all of it works without.
//
//   <button type="button" data-show="password" hidden>Show</button>   shows what is typed into that field
//   <button type="button" data-copy="key" data-copied="Copied" hidden>Copy</button>   copies that element's text
//   <time datetime="2026-05-01T12:00:00Z">5 minutes ago</time>   says its instant in the reader's time zone
//
// On a page that leads back to an address (`return_to` in forms and links), that keeps its fragment. Servers never see
// it; browsers carry it along to the page that asks a person to sign in, and here it goes into the address.
'use strict';

(() => {
  const { hash } = location;
  if (!hash) return;
  const keep = (to) => (to && !to.includes('#') ? to + hash : to);
  for (const field of document.querySelectorAll('input[name="return_to"]')) field.value = keep(field.value);
  for (const link of document.querySelectorAll('a[href*="return_to="]')) {
    const url = new URL(link.href);
    url.searchParams.set('return_to', keep(url.searchParams.get('return_to')));
    link.href = url.href;
  }
})();

(() => {
  for (const button of document.querySelectorAll('button[data-show]')) {
    const field = document.getElementById(button.dataset.show);
    if (!field) continue;
    const show = (shown) => {
      field.type = shown ? 'text' : 'password';
      button.setAttribute('aria-pressed', String(shown));
    };
    button.hidden = false;
    button.addEventListener('click', () => {
      show(field.type === 'password');
      field.focus();
    });
    // Password managers keep what was in a field for passwords when the form was sent.
    field.form.addEventListener('submit', () => show(false));
  }

  for (const button of document.querySelectorAll('button[data-copy]')) {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(source.textContent.trim());
        button.textContent = button.dataset.copied;
      } catch (error) {
        console.error(error);
      }
    });
  }

  for (const time of document.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = at.toLocaleString(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' });
  }
})();
