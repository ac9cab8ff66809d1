// Starts GraphiQL against the URL of this page: queries by POST, subscriptions by WebSocket.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createClient } from "graphql-ws";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import "./page.css";

const script = document.currentScript;

// The editor writes its theme into style elements, which the policy of the page allows with its nonce only.
const create = document.createElement.bind(document);
document.createElement = (name, options) => {
  const element = create(name, options);
  if (element instanceof HTMLStyleElement) {
    element.nonce = script.nonce;
  }
  return element;
};

// The files of the page differ in one parameter of its address.
const addressOf = (file) => script.src.replace("graphiql.js", file);
const WORKERS = { json: "json.worker.js", graphql: "graphql.worker.js" };
globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(addressOf(WORKERS[label] ?? "editor.worker.js")),
};

const url = window.location.origin + window.location.pathname;
const wsClient = createClient({ url: url.replace(/^http/, "ws"), lazy: true, retryAttempts: 1 });
createRoot(document.getElementById("graphiql")).render(
  createElement(GraphiQL, {
    fetcher: createGraphiQLFetcher({ url, wsClient }),
    defaultEditorToolsVisibility: true,
    defaultQuery: "# Write a query, and run it with Ctrl+Enter.\n\n",
  }),
);
