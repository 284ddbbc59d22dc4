// A small line without axes: how a number came to be what it is. Its ground is zero; what is not known is not drawn.
const WIDTH = 120;
const HEIGHT = 28;
const TOP = 2;

// Of so many values in all, the last ones.
export function Sparkline({ values, of }: { values: number[]; of: number }) {
  const most = Math.max(1, ...values);
  const x = (i: number) => WIDTH * (1 - (values.length - 1 - i) / (of - 1));
  const y = (value: number) => HEIGHT - 1 - (value / most) * (HEIGHT - 1 - TOP);
  const line = values.map((value, i) => `${i === 0 ? "M" : "L"}${x(i).toFixed(1)},${y(value).toFixed(1)}`).join("");
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
      <path className="sparkline-ground" d={`M0,${HEIGHT - 0.5}L${WIDTH},${HEIGHT - 0.5}`} />
      {values.length > 1 && (
        <>
          <path className="sparkline-area" d={`${line}L${WIDTH},${HEIGHT}L${x(0).toFixed(1)},${HEIGHT}Z`} />
          <path className="sparkline-line" d={line} vectorEffect="non-scaling-stroke" />
        </>
      )}
    </svg>
  );
}
