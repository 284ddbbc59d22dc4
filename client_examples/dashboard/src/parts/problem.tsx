// What went wrong, and what one can do about it.
export function Problem({ error, again }: { error: Error; again?: () => void }) {
  return (
    <div role="alert" className="problem">
      <p>{error.message}</p>
      {again && <button onClick={again}>Try again</button>}
    </div>
  );
}
