// Where the key is typed in.
import { type FormEvent, useState } from "react";
import { execute, Failure } from "../api/execute.ts";
import { ViewerDocument } from "../api/generated/graphql.ts";
import { session } from "./session.ts";

// As the API describes them; before signing in it cannot be asked.
const ROLES = [
  ["VIEWER", "sees everything, changes nothing"],
  ["SUBMITTER", "acts on its own records"],
  ["OPERATOR", "acts on all records"],
  ["ADMIN", "does that too, and keeps the keys"],
  ["MANAGER", "is for a compute manager, not for people"],
];

export function SignIn() {
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(session.reason);
  const [asking, setAsking] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setAsking(true);
    try {
      await execute(ViewerDocument, {}, undefined, typed.trim());
      session.begin(typed.trim());
    } catch (error) {
      setWrong(error instanceof Failure ? error.message : String(error));
      setAsking(false);
    }
  }

  return (
    <main className="sign-in">
      <form onSubmit={(event) => void submit(event)}>
        <h1>Interlock</h1>
        <label htmlFor="key">API key</label>
        <input
          id="key"
          type="password"
          autoComplete="off"
          autoFocus
          required
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button type="submit" className="primary" disabled={asking}>
          Sign in
        </button>
        <p role="alert" className="wrong">
          {wrong}
        </p>
        <p className="hint">
          The key is kept for this tab only, until you close it. Who keeps the server makes keys with{" "}
          <code>interlock keys create --name NAME --role VIEWER</code>, for one of these roles:
        </p>
        <dl className="hint roles">
          {ROLES.map(([role, may]) => (
            <div key={role}>
              <dt>{role}</dt>
              <dd>{may}</dd>
            </div>
          ))}
        </dl>
      </form>
    </main>
  );
}
