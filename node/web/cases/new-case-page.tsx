/**
 * Entering a case: three questions, the ward, and one button that also starts the trace. What is typed stays
 * on the device until it is sent.
 */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { newKey } from '../../../shared/web/clock.ts';
import { Field } from '../../../shared/web/components/field.tsx';
import { ProblemNote } from '../../../shared/web/components/problem-note.tsx';
import { useDraft } from '../../../shared/web/draft.ts';
import { type Say, useReading } from '../../../shared/web/language.tsx';
import { asProblem } from '../../../shared/web/problem.ts';
import { readNumbers } from '../../../shared/web/read-numbers.ts';
import { answered, api } from '../api.ts';
import { useSession } from '../session.tsx';
import { usePage } from '../shell.tsx';

const EMPTY = { key: '', identifiers: '', onset: '', sampled: '', isolated: '', ward: '' };
type Draft = typeof EMPTY;
type Wrong = Partial<Record<keyof Draft, string>>;

/** The fields of the request, by the names that the API has for them. */
const FIELD_OF: Readonly<Record<string, keyof Draft>> = {
  ...{ identifiers: 'identifiers', onset_on: 'onset', sampled_at: 'sampled' },
  ...{ isolated_at: 'isolated', ward: 'ward' },
};

export function NewCasePage() {
  const { t } = useReading();
  const heading = usePage(t('newCase'));
  const { me } = useSession();
  const { draft, change, forget } = useDraft(`${me.subject}.new-case`, EMPTY);
  const [wrong, setWrong] = useState<Wrong>({});
  const form = useRef<HTMLFormElement>(null);
  const send = useSending(forget);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = lookThrough(draft, t);
    setWrong(found);
    if (Object.keys(found).length > 0) focusOn(form.current, Object.keys(found)[0] as string);
    else send.mutate(draft);
  };
  const refused = { ...wrong, ...(send.error ? fieldsOf(send.error) : {}) };
  const input = (name: keyof Draft) => ({
    name,
    value: draft[name],
    // What was typed anew is another request; what comes again, also after a reload, is the same one.
    onChange: ({ target }: { target: { value: string } }) => change({ [name]: target.value, key: newKey() }),
  });
  return (
    <form ref={form} className="stack narrow" noValidate onSubmit={submit}>
      <h1 ref={heading} tabIndex={-1}>
        {t('newCase')}
      </h1>
      <Field label={t('identifiers')} hint={t('identifiersHint')} wrong={refused.identifiers}>
        <textarea {...input('identifiers')} rows={3} autoComplete="off" spellCheck={false} />
      </Field>
      <DateFields refused={refused} input={input} />
      <WardField refused={refused} input={input} />
      {send.error && Object.keys(fieldsOf(send.error)).length === 0 && <ProblemNote error={send.error} />}
      <div className="row">
        <button type="submit" className="button primary" disabled={send.isPending}>
          {t('saveAndTrace')}
        </button>
      </div>
    </form>
  );
}

interface Inputs {
  readonly refused: Wrong;
  readonly input: (name: keyof Draft) => object;
}

function DateFields({ refused, input }: Inputs) {
  const { t } = useReading();
  return (
    <>
      <Field label={t('onset')} wrong={refused.onset}>
        <input type="date" {...input('onset')} />
      </Field>
      <Field label={t('sampled')} wrong={refused.sampled}>
        <input type="datetime-local" {...input('sampled')} />
      </Field>
      <Field label={t('isolated')} hint={t('optional')} wrong={refused.isolated}>
        <input type="datetime-local" {...input('isolated')} />
      </Field>
    </>
  );
}

function WardField({ refused, input }: Inputs) {
  const { t } = useReading();
  const { areas } = useSession();
  return (
    <Field label={t('ward')} hint={t('wardHint')} wrong={refused.ward}>
      <select {...input('ward')}>
        <option value="">{t('wardByRecord')}</option>
        {areas.wards.map(({ code, name, district }) => (
          <option key={code} value={code}>
            {name} · {district}
          </option>
        ))}
      </select>
    </Field>
  );
}

function lookThrough(draft: Draft, t: Say): Wrong {
  const { identifiers, wrong } = readNumbers(draft.identifiers);
  if (wrong[0] !== undefined) return { identifiers: t('notIdentifier', { line: wrong[0] }) };
  if (identifiers.length === 0) return { identifiers: t('needsIdentifier') };
  if (draft.onset === '' && draft.sampled === '') return { onset: t('needsDate') };
  return {};
}

/** Enters the case, then opens its trace; both are done once, however often they are sent. */
function useSending(sent: () => void) {
  const [, go] = useLocation();
  const client = useQueryClient();
  const { may } = useSession();
  return useMutation({
    mutationFn: async (draft: Draft) => {
      const header = { 'idempotency-key': draft.key };
      const { id } = await answered(api.POST('/v1/cases', { body: bodyOf(draft), params: { header } }));
      if (may('traces.open')) {
        const trace = { 'idempotency-key': `${draft.key}-trace` };
        const body = { cases: [id], direction: 'forward' as const };
        await answered(api.POST('/v1/traces', { body, params: { header: trace } }));
      }
      return id;
    },
    onSuccess: (id) => {
      sent();
      void client.invalidateQueries({ queryKey: ['cases'] });
      go(`/cases/${id}`, { replace: true });
    },
  });
}

function bodyOf({ identifiers, onset, sampled, isolated, ward }: Draft) {
  const instant = (local: string) => `${local}:00+07:00`;
  return {
    identifiers: [...readNumbers(identifiers).identifiers],
    ...(onset && { onset_on: onset }),
    ...(sampled && { sampled_at: instant(sampled) }),
    ...(isolated && { isolated_at: instant(isolated) }),
    ...(ward && { ward }),
  };
}

function fieldsOf(error: unknown): Wrong {
  const entries = asProblem(error).fields.flatMap(({ field, message }) => {
    const name = FIELD_OF[field.replace(/\[.*$/, '')];
    return name ? [[name, message] as const] : [];
  });
  return Object.fromEntries(entries);
}

function focusOn(form: HTMLFormElement | null, name: string): void {
  const found = form?.elements.namedItem(name);
  if (found instanceof HTMLElement) found.focus();
}
