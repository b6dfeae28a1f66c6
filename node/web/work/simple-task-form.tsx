/**
 * A task that is done or not: samples want the number on their tube, results their outcome, others nothing.
 */
import { type FormEvent, useState } from 'react';
import { Field } from '../../../shared/web/components/field.tsx';
import { useReading } from '../../../shared/web/language.tsx';
import { useWriting } from './outbox-provider.tsx';
import type { Task } from './tasks.ts';

export function SimpleTaskForm({
  task,
  onWritten,
}: {
  readonly task: Task;
  readonly onWritten: (key: string) => void;
}) {
  const { t } = useReading();
  const { write } = useWriting();
  const [barcode, setBarcode] = useState('');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const body = task.kind === 'sample' && barcode.trim() ? { data: { barcode: barcode.trim() } } : {};
    const path = `/v1/tasks/${task.id}/done`;
    onWritten(await write({ about: task.follow_up?.id ?? String(task.id), path, body }));
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      {task.kind === 'sample' && (
        <Field label={t('barcode')} hint={t('optional')}>
          <input
            autoComplete="off"
            maxLength={64}
            value={barcode}
            onChange={({ target }) => setBarcode(target.value)}
          />
        </Field>
      )}
      <button type="submit" className="button primary sticky">
        {t('done')}
      </button>
    </form>
  );
}
