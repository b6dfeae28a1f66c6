/**
 * What went wrong, what to do, and a number to tell whoever is asked for help.
 */
import { useReading } from '../language.tsx';
import { asProblem } from '../problem.ts';

export interface ProblemNoteProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

export function ProblemNote({ error, onRetry }: ProblemNoteProps) {
  const { t } = useReading();
  const problem = asProblem(error);
  return (
    <div className="note bad stack" role="alert">
      <p>
        <strong>{problem.status === 0 ? t('unreachable') : t('problem')}</strong>
        {problem.status !== 0 && <> · {problem.message}</>}
      </p>
      {problem.requestId !== undefined && (
        <p className="small muted">
          {t('requestId')}: <code>{problem.requestId}</code>
        </p>
      )}
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          {t('tryAgain')}
        </button>
      )}
    </div>
  );
}
