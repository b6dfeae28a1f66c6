/**
 * A task that is done or not: samples want the number on their tube, results their outcome, a quarantine its
 * place, others nothing.
 */
import { type FormEvent, useRef, useState } from 'react';
import { RESULT_WORDS, STAY_WORDS } from '../../../shared/i18n/work-words.ts';
import { newKey } from '../../../shared/web/clock.ts';
import { Field } from '../../../shared/web/components/field.tsx';
import { useReading } from '../../../shared/web/language.tsx';
import { useWriting } from '../writing.tsx';
import type { Task } from './tasks.ts';

interface FormProps {
  readonly task: Task;
  readonly onWritten: (key: string) => void;
}

export function SimpleTaskForm({ task, onWritten }: FormProps) {
  const { t } = useReading();
  const { write } = useWriting();
  const key = useRef(newKey());
  const [given, setGiven] = useState('');
  const { path, body, needed } = writeOf(task, given.trim());
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    await write({ key: key.current, about: task.follow_up?.id ?? String(task.id), path, body });
    onWritten(key.current);
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <What task={task} given={given} onGiven={setGiven} />
      <button type="submit" className="button primary sticky" disabled={needed && given === ''}>
        {t('finish')}
      </button>
    </form>
  );
}

interface WhatProps {
  readonly task: Task;
  readonly given: string;
  readonly onGiven: (given: string) => void;
}

/** What a task of its kind asks for. */
function What({ task, given, onGiven }: WhatProps) {
  const { t, language } = useReading();
  const choices = { result_wait: RESULT_WORDS, quarantine: STAY_WORDS }[task.kind as string];
  if (choices)
    return (
      <fieldset className="field">
        <legend>{t(task.kind === 'quarantine' ? 'keptWhere' : 'testResult')}</legend>
        <div className="choices">
          {Object.entries(choices).map(([value, text]) => (
            <label key={value} className="choice">
              <input
                type="radio"
                name="given"
                value={value}
                checked={given === value}
                onChange={() => onGiven(value)}
              />
              {text[language]}
            </label>
          ))}
        </div>
      </fieldset>
    );
  if (task.kind !== 'sample') return null;
  return (
    <Field label={t('barcode')} hint={t('optional')}>
      <input
        autoComplete="off"
        maxLength={40}
        pattern="[A-Za-z0-9_.\-]*"
        value={given}
        onChange={({ target }) => onGiven(target.value)}
      />
    </Field>
  );
}

/** The write that ends the task: most are done, a quarantine begins. */
function writeOf({ id, kind, follow_up: person }: Task, given: string) {
  const done = `/v1/tasks/${id}/done`;
  if (kind === 'quarantine' && person)
    return { path: `/v1/follow-ups/${person.id}/quarantine`, body: { place: given }, needed: true };
  if (kind === 'result_wait') return { path: done, body: { outcome: given }, needed: true };
  return { path: done, body: given ? { barcode: given } : {}, needed: false };
}
