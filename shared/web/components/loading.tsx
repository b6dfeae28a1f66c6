/**
 * That something is on its way: nothing for a moment, then a word, after a while that it is slow.
 */
import { useEffect, useState } from 'react';
import { after } from '../clock.ts';
import { useReading } from '../language.tsx';

const SLOW_MS = 4_000;

export function Loading() {
  const { t } = useReading();
  const [slow, setSlow] = useState(false);
  useEffect(() => after(SLOW_MS, () => setSlow(true)), []);
  return (
    <p className="muted" role="status">
      {slow ? t('slow') : t('loading')}…
    </p>
  );
}
