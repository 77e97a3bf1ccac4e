// One session of a TypeScript SDK with a server: list, call, fail, complete, subscribe, and a change that its user approves.
// Usage: node session.mjs FOLDER SDK ERA -- COMMAND ARGUMENT…, where FOLDER holds node_modules, SDK is 1 or 2, ERA legacy or modern.
// Prints one JSON object.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, sdk, era, , command, ...args] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const where = { kind: "configmaps", namespace: "shop" };

async function makeClient(onUpdated, onQuestion) {
  const info = { name: `typescript-${sdk}`, version: "1" };
  const options = { capabilities: { elicitation: {} } };
  if (sdk === "1") {
    const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
    const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");
    const types = await load("@modelcontextprotocol/sdk/types.js");
    const client = new Client(info, options);
    client.setRequestHandler(types.ElicitRequestSchema, onQuestion);
    client.setNotificationHandler(types.ResourceUpdatedNotificationSchema, onUpdated);
    return [client, new StdioClientTransport({ command, args, env: process.env })];
  }
  const { Client } = await load("@modelcontextprotocol/client");
  const { StdioClientTransport } = await load("@modelcontextprotocol/client/stdio");
  const mode = era === "modern" ? { pin: "2026-07-28" } : "legacy";
  const client = new Client(info, { ...options, versionNegotiation: { mode } });
  client.setRequestHandler("elicitation/create", onQuestion);
  client.setNotificationHandler("notifications/resources/updated", onUpdated);
  return [client, new StdioClientTransport({ command, args, env: process.env })];
}

function within(promise, what) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`${what}: nothing within 30 s`)), 30000).unref());
  return Promise.race([promise, late]);
}

const questions = [];
let updated;
const update = new Promise((resolve) => (updated = resolve));
const [client, transport] = await makeClient(
  (notification) => updated(notification.params.uri),
  async (request) => {
    questions.push(request.params.message);
    return { action: "accept", content: { confirm: true } };
  },
);
await client.connect(transport);
const listed = await client.listTools();
const called = await client.callTool({ name: "k8s_list_resources", arguments: { ...where, live: true, limit: 1 } });
const failed = [];
for (const one of [
  { name: "k8s_list_pods", arguments: { namespace: "shpo" } },
  { name: "k8s_list_pods", arguments: { namspace: "shop" } },
  { name: "k8s_get_resource", arguments: { ...where, name: "no-such" } },
]) {
  failed.push(await client.callTool(one));
}
const unknown = await client.callTool({ name: "k8s_list_podz", arguments: {} }).catch((problem) => ({ code: problem.code }));
const completed = await client.complete({
  ref: { type: "ref/prompt", name: "diagnose" },
  argument: { name: "namespace", value: "sh" },
});
const context = (await client.callTool({ name: "k8s_list_contexts", arguments: {} })).structuredContent.data.items[0].name;
const name = called.structuredContent.data.items[0].name;
const uri = `k8s://${context}/shop/configmaps/${name}`;
const read = await client.readResource({ uri });
if (era === "modern") {
  await client.listen({ resourceSubscriptions: [uri] });
} else {
  await client.subscribeResource({ uri });
}
const changed = await client.callTool({
  name: "k8s_label_resource",
  arguments: { ...where, name, labels: { "seen-by": `typescript-${sdk}-${era}` } },
});
const notified = await within(update, "subscription");
const version = client.getNegotiatedProtocolVersion?.() ?? transport._protocolVersion ?? null;
await client.close();
console.log(
  JSON.stringify({
    version,
    tools: listed.tools.map((tool) => tool.name),
    called, failed, unknown, completed, read, changed, questions, uri, notified,
  }),
);
process.exit(0);
