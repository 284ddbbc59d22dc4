// Where the key is typed in, and whose it is.
import { useEffect, useState } from 'react';

async function whose(apiKey, url) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ query: '{ viewer { name role } }' }),
  });
  const { data, errors } = await response.json();
  return data?.viewer ? `${data.viewer.name}, ${data.viewer.role}` : errors[0].message;
}

export function KeyBar({ apiKey, onKey, url }) {
  const [typed, setTyped] = useState(apiKey);
  const [told, setTold] = useState('');

  useEffect(() => {
    let wanted = true;
    setTold('');
    if (apiKey !== '') {
      whose(apiKey, url)
        .catch(() => 'The server cannot be reached.')
        .then((text) => wanted && setTold(text));
    }
    return () => {
      wanted = false;
    };
  }, [apiKey, url]);

  function submit(event) {
    event.preventDefault();
    onKey(typed.trim());
  }

  return (
    <form className="page-key" onSubmit={submit}>
      <label>
        API key <input type="password" autoComplete="off" value={typed} onChange={(e) => setTyped(e.target.value)} />
      </label>
      <button type="submit">Use it</button>
      <output>{told}</output>
    </form>
  );
}
