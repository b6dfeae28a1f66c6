/**
 * One trace on a page of its own: also for provinces that only hold contacts of it.
 */
import { useReading } from '../../../shared/web/language.tsx';
import { usePage } from '../shell.tsx';
import { LiveTrace } from './live-trace.tsx';

export function TracePage({ id }: { readonly id: string }) {
  const { t } = useReading();
  const heading = usePage(t('trace'));
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {t('trace')}
      </h1>
      <LiveTrace id={id} />
    </>
  );
}
