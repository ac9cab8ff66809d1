// Starts GraphiQL against the URL of this page: queries by POST, subscriptions by WebSocket.
(function () {
  "use strict";
  var url = window.location.origin + window.location.pathname;
  var socketUrl = url.replace(/^http/, "ws");
  var fetcher = GraphiQL.createFetcher({
    url: url,
    wsClient: graphqlWs.createClient({ url: socketUrl, lazy: true, retryAttempts: 1 }),
  });
  var root = ReactDOM.createRoot(document.getElementById("graphiql"));
  root.render(
    React.createElement(GraphiQL, {
      fetcher: fetcher,
      defaultEditorToolsVisibility: true,
      defaultQuery: "# Write a query, and run it with Ctrl+Enter.\n\n",
    })
  );
})();
