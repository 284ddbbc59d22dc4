// GraphiQL for this server: queries by fetch, subscriptions by graphql-ws, both with the key that the user types in.
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { KeyBar } from './key_bar.jsx';

const HTTP = new URL('/graphql', location.href);
const WEBSOCKET = new URL('/graphql', location.href.replace(/^http/, 'ws'));
const FIRST = `# Control-Space completes, Control-Enter runs; the book at the left has a description of everything.
{
  viewer { name role }
  statusCounts { status count }
}

# The feed, live.
subscription Feed {
  statusChanges { recordId from to action who at cursor }
}
`;

function Page() {
  // for this tab, until it is closed; never in the address, and no other tab sees it
  const [apiKey, setKey] = useState(sessionStorage.getItem('key') ?? '');
  const authorization = `Bearer ${apiKey}`;
  const wsClient = useMemo(
    () => createClient({ url: WEBSOCKET.href, connectionParams: { authorization }, retryAttempts: 0 }),
    [authorization],
  );
  useEffect(() => () => void wsClient.dispose(), [wsClient]);
  const fetcher = useMemo(
    () =>
      createGraphiQLFetcher({
        url: HTTP.href,
        wsClient,
        headers: { authorization },
        enableIncrementalDelivery: false, // nothing is deferred here
      }),
    [authorization, wsClient],
  );

  function keep(key) {
    sessionStorage.setItem('key', key);
    setKey(key);
  }

  return (
    <>
      <KeyBar apiKey={apiKey} onKey={keep} url={HTTP.href} />
      {apiKey === '' ? (
        <p className="page-note">
          Type in a key above: without one the server tells nothing, its schema included. An operator makes one with{' '}
          <code>interlock keys create --name NAME --role VIEWER</code>.
        </p>
      ) : (
        <GraphiQL
          key={apiKey} // another viewer: another schema request, other sockets
          fetcher={fetcher}
          defaultQuery={FIRST}
          isHeadersEditorEnabled={false} // the key has its field, and the server reads no other header
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
        />
      )}
    </>
  );
}

createRoot(document.getElementById('page')).render(<Page />);
