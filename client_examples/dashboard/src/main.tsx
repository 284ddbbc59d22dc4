// Interlock's dashboard.
//
// It shows what the API says and offers what the API permits; it has no rule of its own.
//
//   api/        the documents, their generated types, and the one function that sends them
//   live/       what follows the feed: plain TypeScript, of which React is told once a frame
//   session/    the key, and whose it is
//   lifecycle/  the matrix as it was queried, and how statuses look
//   actions/    transitions: preview, slices, progress, refusals, undo
//   pages/      one folder for each address
//   parts/      what pages share
//   styles/     tokens (colours, sizes) first; nothing else names a colour
//
// `npm run generate` makes the types, `npm run dev` serves it with Vite before a server at INTERLOCK_URL, `npm test` runs
// the tests of what is plain TypeScript; tests/dashboard has those in a browser.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/frame.css";
import "./styles/tables.css";

const queries = new QueryClient({
  defaultOptions: { queries: { refetchOnWindowFocus: false, staleTime: 5_000, retry: 1 } },
});

createRoot(document.getElementById("page") as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
