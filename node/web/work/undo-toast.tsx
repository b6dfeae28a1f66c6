/**
 * That an outcome was saved, and how to take it back while it still waits on the device.
 */

import { useEffect, useState } from 'react';
import { after, nowMs } from '../../../shared/web/clock.ts';
import { useReading } from '../../../shared/web/language.tsx';
import { useWriting } from '../writing.tsx';

export function UndoToast({ writeKey }: { readonly writeKey: string | undefined }) {
  const { t } = useReading();
  const { waiting, undo } = useWriting();
  const [, look] = useState(0);
  const entry = waiting.find(({ key }) => key === writeKey);
  const endsMs = entry?.sendAfterMs ?? 0;
  // It goes when its time is over, whatever else happens.
  useEffect(() => after(Math.max(0, endsMs - nowMs()), () => look(endsMs)), [endsMs]);
  const undoable = entry && endsMs > nowMs();
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
