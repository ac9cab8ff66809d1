// Drives a bookshelf through the graphql-sse client in the mode given, and prints what it received as JSON.
import { createClient } from "graphql-sse";

const client = createClient({ url: process.argv[2], singleConnection: process.argv[3] === "single", retryAttempts: 0 });

async function all(query, variables) {
  const results = [];
  for await (const result of client.iterate({ query, variables })) results.push(result);
  return results;
}

const seen = {};
seen.query = await all("query Books($limit: Int!) { books(limit: $limit) { title author { name } } }", { limit: 1 });
seen.mutation = await all('mutation { addBook(title: "Fiasco", authorId: 2) { title } }');
seen.subscription = await all("subscription { countdown(start: 2) }");
seen.together = await Promise.all([1, 2, 3].map((start) => all(`subscription { countdown(start: ${start}) }`)));
try {
  seen.invalid = await all("{ nothing }");
} catch (error) {
  seen.rejected = String(error.message ?? error);
}
const left = client.iterate({ query: "subscription { countdown(start: 50) }" });
seen.first = (await left.next()).value;
await left.return();
client.dispose();
console.log(JSON.stringify(seen));
