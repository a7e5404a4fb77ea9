// The address says which screen is shown and how it is filtered, so Back, a reload and a copied link keep both.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { base } from './place';

export interface Route { parts: string[]; query: URLSearchParams }

function current(): Route {
  const below = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : '';
  return { parts: below.split('/').filter(Boolean).map(decode), query: new URLSearchParams(location.search) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const changed = new EventTarget();

/** The address of a screen. */
export function href(parts: string[], query: Record<string, string | undefined> = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const text = new URLSearchParams(pairs).toString();
  return [base, ...parts.map(encodeURIComponent)].join('/') + (text ? `?${text}` : '');
}

export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  changed.dispatchEvent(new Event('change'));
}

export function useRoute(): Route {
  const [route, set] = useState(current);
  useEffect(() => {
    const update = () => set(current());
    addEventListener('popstate', update);
    changed.addEventListener('change', update);
    return () => {
      removeEventListener('popstate', update);
      changed.removeEventListener('change', update);
    };
  }, []);
  return route;
}

type LinkProps = { to: string; children: ComponentChildren } & Omit<JSX.IntrinsicElements['a'], 'href'>;

export function Link({ to, children, ...rest }: LinkProps) {
  const click = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return <a {...rest} href={to} onClick={click}>{children}</a>;
}
