/**
 * One field of a form: its name, a hint, and what is wrong with it, told to everybody alike.
 */
import { cloneElement, type ReactElement, useId } from 'react';

export interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with it. */
  readonly wrong?: string | undefined;
  /** The input, select or textarea. */
  readonly children: ReactElement<Record<string, unknown>>;
}

export function Field({ label, hint, wrong, children }: FieldProps) {
  const id = useId();
  const told = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ');
  const input = cloneElement(children, {
    id,
    ...(told && { 'aria-describedby': told }),
    ...(wrong && { 'aria-invalid': true }),
  });
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {input}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {wrong && (
        <p className="wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
    </div>
  );
}
