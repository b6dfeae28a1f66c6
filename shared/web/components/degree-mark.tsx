/**
 * The degree of somebody in a trace, by word, shape and colour.
 */

const SHAPES: Readonly<Record<number, string>> = { 0: '◆', 1: '●', 2: '▲' };
const FURTHEST = 2;

export function DegreeMark({ degree }: { readonly degree: number }) {
  return (
    <span className={`degree f${Math.min(degree, FURTHEST)}`}>
      <span aria-hidden="true">{SHAPES[degree] ?? '▲'}</span>F{degree}
    </span>
  );
}
