/**
 * Whether all that was written has arrived: how much waits, and what came back to be looked at again.
 */
import { useReading } from '../../../shared/web/language.tsx';
import { useOnline } from '../../../shared/web/online.ts';
import { useWriting } from '../writing.tsx';

export function SyncLine() {
  const { t } = useReading();
  const online = useOnline();
  const { waiting, undo } = useWriting();
  const refused = waiting.filter(({ refusal }) => refusal);
  const count = waiting.length - refused.length;
  return (
    <>
      <p className={`small ${online && count === 0 ? 'muted' : 'note warn'}`} role="status">
        {!online && `${t('offline')} · `}
        {count === 0 ? t('everythingSent') : t('waiting', { count })}
      </p>
      {refused.map(({ key, refusal }) => (
        <div key={key} className="note bad stack" role="alert">
          <p>
            <strong>{t('lookAgain')}</strong> · {refusal?.message}
          </p>
          <button type="button" className="button" onClick={() => void undo(key)}>
            {t('forget')}
          </button>
        </div>
      ))}
    </>
  );
}
