/**
 * How many provinces stand how, as a bar: by colour and by pattern. The table beside it says the same.
 */

/** In the order in which they stand in the bar. */
const STATES = ['current', 'behind', 'unreachable', 'excluded', 'refused'] as const;

export interface CoverageBarProps {
  readonly coverage: readonly { readonly state: (typeof STATES)[number] }[];
  /** What the bar says, in words. */
  readonly label: string;
}

export function CoverageBar({ coverage, label }: CoverageBarProps) {
  return (
    <div className="coverage-bar" role="img" aria-label={label}>
      {STATES.map((state) => {
        const count = coverage.filter((one) => one.state === state).length;
        return count > 0 && <span key={state} className={`coverage-${state}`} style={{ flexGrow: count }} />;
      })}
    </div>
  );
}
