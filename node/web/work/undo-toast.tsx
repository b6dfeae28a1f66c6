/**
 * That an outcome was saved, and how to take it back while it still waits on the device.
 */

import { nowMs } from '../../../shared/web/clock.ts';
import { useReading } from '../../../shared/web/language.tsx';
import { useWriting } from './outbox-provider.tsx';

export function UndoToast({ writeKey }: { readonly writeKey: string | undefined }) {
  const { t } = useReading();
  const { waiting, undo } = useWriting();
  const entry = waiting.find(({ key }) => key === writeKey);
  const undoable = entry && entry.sendAfterMs > nowMs();
  return (
    <div className="toast" role="status">
      {undoable && (
        <p>
          {t('saved')}
          <button type="button" className="button plain" onClick={() => void undo(entry.key)}>
            {t('undo')}
          </button>
        </p>
      )}
    </div>
  );
}
