/**
 * What came of a call or a visit: one choice, and only what that choice needs besides. It is saved on the
 * device first, so that it is never lost, and can be taken back for ten seconds.
 */
import { type FormEvent, useRef, useState } from 'react';
import {
  FIRST_OUTCOMES,
  OUTCOME_WORDS,
  type Outcome,
  SYMPTOM_WORDS,
  type Symptom,
} from '../../../shared/i18n/work-words.ts';
import { newKey, nowMs } from '../../../shared/web/clock.ts';
import { Field } from '../../../shared/web/components/field.tsx';
import { useDraft } from '../../../shared/web/draft.ts';
import { useReading } from '../../../shared/web/language.tsx';
import { useSession } from '../session.tsx';
import { useWriting } from '../writing.tsx';
import type { Task } from './tasks.ts';

const EMPTY = { outcome: '', symptoms: '', temperature: '', province: '', note: '' };
type Draft = typeof EMPTY;

interface FormProps {
  readonly task: Task;
  readonly onWritten: (key: string) => void;
}

export function OutcomeForm({ task, onWritten }: FormProps) {
  const { t } = useReading();
  const { write } = useWriting();
  const { me } = useSession();
  // Of the form, not of the tap: who taps twice has written once.
  const key = useRef(newKey());
  const { draft, change, forget } = useDraft(`${me.subject}.outcome.${task.id}`, EMPTY);
  const [missing, setMissing] = useState<Lack>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const lacks = whatLacks(draft);
    setMissing(lacks);
    if (lacks) return;
    const path = `/v1/tasks/${task.id}/outcomes`;
    const about = task.follow_up?.id ?? String(task.id);
    await write({ key: key.current, about, path, body: bodyOf(draft) });
    forget();
    onWritten(key.current);
  };
  return (
    <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
      <Choices task={task} draft={draft} change={change} />
      {missing && (
        <p className="wrong" role="alert">
          {t(missing)}
        </p>
      )}
      {draft.outcome === 'reached' && <Symptoms draft={draft} change={change} />}
      {draft.outcome === 'moved' && <MovedTo draft={draft} change={change} />}
      <Field label={t('note')}>
        <textarea
          rows={2}
          maxLength={1000}
          value={draft.note}
          onChange={({ target }) => change({ note: target.value })}
        />
      </Field>
      <button type="submit" className="button primary sticky">
        {t('save')}
      </button>
    </form>
  );
}

type Lack = 'noOutcome' | 'noProvince' | undefined;

function whatLacks({ outcome, province }: Draft): Lack {
  if (outcome === '') return 'noOutcome';
  return outcome === 'moved' && province === '' ? 'noProvince' : undefined;
}

interface PartProps {
  readonly draft: Draft;
  readonly change: (to: Partial<Draft>) => void;
}

function Choices({ task, draft, change }: PartProps & { readonly task: Task }) {
  const { t, language } = useReading();
  const others = (Object.keys(OUTCOME_WORDS) as Outcome[]).filter(
    (one) => !(FIRST_OUTCOMES as readonly string[]).includes(one),
  );
  const [unfolded, setUnfolded] = useState(others.includes(draft.outcome as Outcome));
  const shown: readonly Outcome[] = unfolded ? [...FIRST_OUTCOMES, ...others] : FIRST_OUTCOMES;
  return (
    <fieldset className="field">
      <legend>{t(task.kind === 'call' ? 'outcomeOfCall' : 'outcomeOfVisit')}</legend>
      <div className="choices">
        {shown.map((outcome) => (
          <label key={outcome} className="choice">
            <input
              type="radio"
              name="outcome"
              value={outcome}
              checked={draft.outcome === outcome}
              onChange={() => change({ outcome })}
            />
            {OUTCOME_WORDS[outcome][language]}
          </label>
        ))}
        {!unfolded && (
          <button type="button" className="button choice" onClick={() => setUnfolded(true)}>
            {t('otherOutcome')}
          </button>
        )}
      </div>
    </fieldset>
  );
}

function Symptoms({ draft, change }: PartProps) {
  const { t, language } = useReading();
  const ticked = new Set(draft.symptoms.split(' ').filter(Boolean));
  const toggle = (symptom: Symptom) => {
    if (!ticked.delete(symptom)) ticked.add(symptom);
    change({ symptoms: [...ticked].join(' ') });
  };
  return (
    <fieldset className="field">
      <legend>{t('symptoms')}</legend>
      <div className="choices">
        {(Object.keys(SYMPTOM_WORDS) as Symptom[]).map((symptom) => (
          <label key={symptom} className="choice">
            <input type="checkbox" checked={ticked.has(symptom)} onChange={() => toggle(symptom)} />
            {SYMPTOM_WORDS[symptom][language]}
          </label>
        ))}
      </div>
      <p className="hint">{t('noSymptoms')}</p>
      <Field label={`${t('temperature')} (°C)`} hint={t('optional')}>
        <input
          type="number"
          inputMode="decimal"
          min={35}
          max={43}
          step={0.1}
          value={draft.temperature}
          onChange={({ target }) => change({ temperature: target.value })}
        />
      </Field>
    </fieldset>
  );
}

function MovedTo({ draft, change }: PartProps) {
  const { t } = useReading();
  const { areas } = useSession();
  return (
    <Field label={t('movedTo')}>
      <select value={draft.province} onChange={({ target }) => change({ province: target.value })}>
        <option value="" />
        {areas.provinces.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** The outcome as the API takes it; when it happened is said by the phone, which may send it hours later. */
function bodyOf({ outcome, symptoms, temperature, province, note }: Draft) {
  const reached = outcome === 'reached' && {
    symptoms: symptoms.split(' ').filter(Boolean),
    ...(temperature !== '' && { temp: Number(temperature) }),
  };
  return {
    ...{ outcome, at: new Date(nowMs()).toISOString() },
    ...reached,
    ...(outcome === 'moved' && { moved: { province } }),
    ...(note.trim() !== '' && { note: note.trim() }),
  };
}
