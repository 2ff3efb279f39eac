// A certified OpenID provider that nobody of this project wrote, on the paths of Vipps Login. See README.md.

import "./quiet.mjs";

import { once } from "node:events";
import { createServer } from "node:http";

import { credentials } from "./clients.mjs";
import { Control, send } from "./control.mjs";
import { Login } from "./login.mjs";
import { APPROVAL, DISCOVERY, DISCOVERY_OF_PROVIDER, isOfProvider } from "./paths.mjs";

const CONTROL = "/control/";

async function main() {
  stopWithParent();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const login = await Login.start(baseUrl);
  const control = new Control(login);
  server.on("request", (req, res) => answer(login, control, req, res).catch((error) => failed(res, error)));
  console.log(JSON.stringify({ base_url: baseUrl, clients: login.clients.map(credentials) }));
}

// A test that crashes cannot send a signal, but its end of the pipe closes all the same.
function stopWithParent() {
  const stop = () => process.exit(0);
  process.stdin.once("end", stop).once("error", stop).resume();
  process.once("SIGTERM", stop);
}

async function answer(login, control, req, res) {
  const { pathname, searchParams } = new URL(req.url, "http://127.0.0.1");
  if (pathname.startsWith(CONTROL)) {
    return control.answer(req.method, pathname.slice(CONTROL.length), searchParams, res);
  }
  if (pathname.startsWith(APPROVAL)) {
    return login.approve(req, res);
  }
  if (pathname === DISCOVERY) {
    // Before the provider sees the request: it works out its own URLs from what changes after that.
    req.url = DISCOVERY_OF_PROVIDER;
    return login.answer(req, res);
  }
  return isOfProvider(pathname) ? login.answer(req, res) : send(res, 404, { error: "no such path" });
}

// The provider's own refusals carry a status, for instance of a browser that did not keep its cookies.
function failed(res, error) {
  if (!error.status) {
    console.error(error);
  }
  send(res, error.status ?? 500, { error: error.error_description ?? error.message });
}

await main();
