// Runs the audits of graphql-http against the URL given, and prints each one's result as a line of JSON.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
for (const result of results) {
  console.log(
    JSON.stringify({ id: result.id, name: result.name, status: result.status, reason: result.reason ?? null })
  );
}
