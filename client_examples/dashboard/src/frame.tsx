// What stands around every page: where one can go, whether it is live, who looks.
import { LogOut, Moon, Sun } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { useFresh } from "./live/hooks.ts";
import { useCampaigns } from "./pages/records/campaigns.ts";
import { LiveState } from "./parts/live_state.tsx";
import { type Place, Shortcuts } from "./parts/shortcuts.tsx";
import { theme } from "./parts/theme.ts";
import { session } from "./session/session.ts";
import { useViewer } from "./session/viewer.tsx";

const PLACES = [
  { path: "/", name: "Overview", letter: "o" },
  { path: "/records", name: "Records", letter: "r", lists: true },
  { path: "/errors", name: "Errors", letter: "e", lists: true },
  { path: "/matrix", name: "Matrix", letter: "m" },
];

export function Frame({ children }: { children: ReactNode }) {
  const viewer = useViewer();
  const fresh = useFresh();
  const [location] = useLocation();
  const campaigns = useCampaigns();
  const places = useMemo(
    () => PLACES.map(({ lists, ...place }) => ({ ...place, href: lists && campaigns ? `${place.path}?${campaigns}` : place.path })),
    [campaigns],
  );
  useEffect(() => {
    const name = PLACES.findLast(({ path }) => location.startsWith(path))?.name ?? "";
    document.title = `${location.startsWith("/records/") ? location.slice("/records/".length) : name} · Interlock`;
  }, [location]);
  return (
    <div className="frame" data-fresh={fresh}>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <strong className="brand">Interlock</strong>
        <nav aria-label="Pages">
          {places.map((place) => (
            <To key={place.path} {...place} />
          ))}
        </nav>
        <div className="bar-end">
          <LiveState />
          <Shortcuts places={places} />
          <ThemeButton />
          <span className="viewer" title={`Signed in as ${viewer.name}`}>
            {viewer.name} <span className="dim">{viewer.role.toLowerCase()}</span>
          </span>
          <button className="quiet icon" onClick={() => session.end()} aria-label="Sign out" title="Sign out">
            <LogOut size={16} />
          </button>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function To({ path, href, name }: Place) {
  const [location] = useLocation();
  const here = path === "/" ? location === "/" : location.startsWith(path);
  return (
    <Link href={href} aria-current={here ? "page" : undefined}>
      {name}
    </Link>
  );
}

function ThemeButton() {
  const [dark, setDark] = useState(theme.dark());
  const name = dark ? "Light colours" : "Dark colours";
  return (
    <button className="quiet icon" aria-label={name} title={name} onClick={() => setDark(theme.toggle())}>
      {dark ? <Sun size={16} /> : <Moon size={16} />}
    </button>
  );
}
