// The parts that screens are made of: native elements, with a label on each and what is wrong beside it.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Input, type Operation, Refused, curlOf } from './api';
import { NotConfirmed } from './session';
import { duration, exact, fill, relative, w } from './words';

/** What is told to everybody on the screen, also by screen readers. */
export function Notice({ kind, children }: { kind: 'done' | 'problem'; children: ComponentChildren }) {
  return <p class={kind} role={kind === 'problem' ? 'alert' : 'status'}>{children}</p>;
}

/** What a failure means, in the reader's words. */
export function worded(error: unknown): string {
  if (error instanceof NotConfirmed) return w.notConfirmed;
  if (!(error instanceof Refused)) return w.failed;
  if (error.status === 0) return w.offline;
  if (error.status === 429) return error.retryAfter ? fill(w.limited, { time: duration(error.retryAfter) }) : w.limitedSoon;
  if (error.status === 403) return error.message || w.forbidden;
  const first = Object.values(error.fields)[0];
  return error.status >= 500 ? w.failed : first ?? (error.message || w.failed);
}

export interface Loaded<T> { value?: T; error?: unknown; reload: () => void }

/** What is asked for when a screen is shown, and again when `by` is another one. */
export function useLoaded<T>(load: () => Promise<T>, by: unknown): Loaded<T> {
  const [state, set] = useState<{ value?: T; error?: unknown; of?: unknown }>({});
  const [turn, again] = useState(0);
  useEffect(() => {
    let wanted = true;
    load().then((value) => wanted && set({ value, of: by }), (error) => wanted && set({ error, of: by }));
    return () => {
      wanted = false;
    };
  }, [by, turn]);
  const shown = state.of === by ? state : {};
  return { ...shown, reload: () => again((n) => n + 1) };
}

/** Something that was asked for, once it is there. What the person may not see is not there. */
export function Shown<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  if (of.value !== undefined) return <>{children(of.value)}</>;
  if (of.error === undefined) return <p class="soft" aria-busy="true">{w.loading}</p>;
  if (of.error instanceof Refused && of.error.status === 404) return <p class="soft">{w.notFound}</p>;
  return (
    <div>
      <Notice kind="problem">{worded(of.error)}</Notice>
      <button type="button" class="quiet" onClick={of.reload}>{w.again}</button>
    </div>
  );
}

type FieldProps = { label: string; hint?: string; problem?: string; children: (attributes: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: 'true' }) => ComponentChildren };

export function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId();
  const about = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(about && { 'aria-describedby': about }), ...(problem && { 'aria-invalid': 'true' as const }) })}
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {problem && <p class="wrong" id={`${id}-problem`} role="alert">{problem}</p>}
    </div>
  );
}

type TextProps = { label: string; hint?: string; problem?: string; value: string; onValue: (value: string) => void } & Omit<JSX.IntrinsicElements['input'], 'label' | 'value'>;

export function Text({ label, hint, problem, value, onValue, ...rest }: TextProps) {
  return <Field {...{ label, hint, problem }}>{(about) => <input {...rest} {...about} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}</Field>;
}

type SelectProps = { label: string; hint?: string; problem?: string; value: string; onValue: (value: string) => void; options: [value: string, name: string][] };

export function Select({ options, value, onValue, ...rest }: SelectProps) {
  return (
    <Field {...rest}>
      {(about) => (
        <select {...about} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map(([one, name]) => <option key={one} value={one} selected={one === value}>{name}</option>)}
        </select>
      )}
    </Field>
  );
}

type ChecksProps = { legend: string; hint?: string; problem?: string; options: [value: string, name: string][]; chosen: string[]; onChosen: (chosen: string[]) => void };

export function Checks({ legend, hint, problem, options, chosen, onChosen }: ChecksProps) {
  const id = useId();
  const about = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ') || undefined;
  return (
    <fieldset aria-describedby={about}>
      <legend>{legend}</legend>
      {options.map(([value, name]) => (
        <Check key={value} label={name} checked={chosen.includes(value)} onChecked={(on) => onChosen(on ? [...chosen, value] : chosen.filter((one) => one !== value))} />
      ))}
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {problem && <p class="wrong" id={`${id}-problem`} role="alert">{problem}</p>}
    </fieldset>
  );
}

export function Check({ label, checked, onChecked }: { label: string; checked: boolean; onChecked: (on: boolean) => void }) {
  return <label class="check"><input type="checkbox" checked={checked} onChange={(event) => onChecked(event.currentTarget.checked)} /> {label}</label>;
}

export function Copy({ text }: { text: string }) {
  const [copied, set] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => set(true), () => {});
  return <button type="button" class="quiet small" onClick={copy} aria-live="polite">{copied ? w.copied : w.copy}</button>;
}

/** The call that an action makes, for a terminal. */
export function Curl<K extends Operation>({ operation, input }: { operation: K; input: Input<K> }) {
  const text = curlOf(operation, input);
  return (
    <details class="curl">
      <summary>{w.asCurl}</summary>
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} />
    </details>
  );
}

export function When({ at, never = w.never }: { at: string | null | undefined; never?: string }) {
  return at ? <time dateTime={at} title={exact(at)}>{relative(at)}</time> : <span class="soft">{never}</span>;
}

/** A window over the screen, which Escape closes; focus goes back to where it was. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const was = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (was instanceof HTMLElement) was.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog} aria-labelledby={id}
      onKeyDown={(event) => { if (event.key === 'Escape') { event.preventDefault(); onClose(); } }}
      onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClose={() => dialog.current?.isConnected && dialog.current.showModal()}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** What a form is doing, and what became of it. */
export function useAction(): { busy: boolean; error: unknown; fields: Record<string, string>; run: (action: () => Promise<void>) => Promise<void> } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async (action: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await action();
    } catch (refused) {
      setError(refused);
    }
    setBusy(false);
  };
  return { busy, error, fields: error instanceof Refused ? error.fields : {}, run };
}

type FormProps = { onSubmit: () => void; busy: boolean; error: unknown; shown?: string[]; submit: string; danger?: boolean; onCancel?: () => void; children?: ComponentChildren; after?: ComponentChildren };

/** A form with its buttons; a problem that stands at none of its fields stands above them. */
export function Form({ onSubmit, busy, error, shown = [], submit, danger, onCancel, children, after }: FormProps) {
  const atField = error instanceof Refused && Object.keys(error.fields).length > 0 && Object.keys(error.fields).every((name) => shown.includes(name));
  return (
    <form onSubmit={(event) => { event.preventDefault(); onSubmit(); }} noValidate>
      {children}
      {error !== undefined && !atField && <Notice kind="problem">{worded(error)}</Notice>}
      <div class="buttons">
        <button type="submit" class={danger ? 'danger' : undefined} disabled={busy}>{submit}</button>
        {onCancel && <button type="button" class="quiet" onClick={onCancel}>{w.cancel}</button>}
      </div>
      {after}
    </form>
  );
}

type AskProps<K extends Operation> = { title: string; text: string; submit: string; danger?: boolean; operation: K; input: Input<K>; onDo: () => Promise<void>; onClose: () => void };

/** Asks before something is done. */
export function Ask<K extends Operation>({ title, text, submit, danger, operation, input, onDo, onClose }: AskProps<K>) {
  const { busy, error, run } = useAction();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <Form {...{ busy, error, submit, danger }} onCancel={onClose} onSubmit={() => run(onDo)} after={<Curl {...{ operation, input }} />} />
    </Dialog>
  );
}
