// Signed in or not; then the frame, and in it the page of the address.
import { type Query, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useSyncExternalStore } from "react";
import { Route, Switch } from "wouter";
import { ActionHost } from "./actions/host.tsx";
import { LiveContext } from "./live/hooks.ts";
import { Live } from "./live/live.ts";
import { Frame } from "./frame.tsx";
import { Overview } from "./pages/overview/overview.tsx";
import { session } from "./session/session.ts";
import { SignIn } from "./session/sign_in.tsx";
import { WithViewer } from "./session/viewer.tsx";

const records = () => import("./pages/records/records.tsx");
const record = () => import("./pages/record/record.tsx");
const errors = () => import("./pages/errors/errors.tsx");
const matrix = () => import("./pages/matrix/matrix_page.tsx");
const Records = lazy(records);
const RecordPage = lazy(record);
const Errors = lazy(errors);
const MatrixPage = lazy(matrix);

// Once the first page is there: then others can be gone to while the server is away.
const loadAll = () => void Promise.allSettled([records(), record(), errors(), matrix()]);

// What was asked for while there was no server.
const FAILED = { type: "active", predicate: ({ state }: Query) => state.status === "error" } as const;

export function App() {
  const key = useSyncExternalStore(session.subscribe, () => session.key);
  return key === null ? <SignIn /> : <SignedIn key={key} apiKey={key} />;
}

function SignedIn({ apiKey }: { apiKey: string }) {
  const queries = useQueryClient();
  const live = useMemo(() => new Live(apiKey, (reason) => session.end(reason)), [apiKey]);
  useEffect(() => live.start(), [live]);
  useEffect(() => live.onBack(loadAll), [live]);
  useEffect(() => live.onBack(() => void queries.refetchQueries(FAILED)), [live, queries]);
  useEffect(() => () => queries.clear(), [queries]); // another viewer sees nothing of this one's
  return (
    <LiveContext value={live}>
      <WithViewer>
        <Frame>
          <ActionHost>
            <Suspense fallback={null}>
              <Switch>
                <Route path="/" component={Overview} />
                <Route path="/records" component={Records} />
                <Route path="/records/:id">{({ id }) => <RecordPage key={id} id={id} />}</Route>
                <Route path="/errors" component={Errors} />
                <Route path="/matrix" component={MatrixPage} />
              </Switch>
            </Suspense>
          </ActionHost>
        </Frame>
      </WithViewer>
    </LiveContext>
  );
}
