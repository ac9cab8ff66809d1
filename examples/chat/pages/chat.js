const byId = (id) => document.getElementById(id);
const messages = byId("messages");
let socket;
let ownName;

function show(event) {
  const item = document.createElement("li");
  if (event.kind === "message") {
    const name = document.createElement("b");
    name.textContent = event.name;
    item.append(name, event.text);
    item.classList.toggle("own", event.name === ownName);
  } else {
    item.className = "notice";
    item.textContent = `${event.name} ${event.kind === "arrival" ? "is here" : "has left"}`;
    byId("state").textContent = event.here === 1 ? "1 person here" : `${event.here} people here`;
  }
  messages.append(item);
  messages.scrollTop = messages.scrollHeight;
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/chat?name=${encodeURIComponent(ownName)}`);
  socket.onopen = () => {
    byId("join").hidden = true;
    byId("say").hidden = false;
    byId("text").focus();
  };
  socket.onmessage = (message) => show(JSON.parse(message.data));
  socket.onclose = (event) => {
    byId("state").textContent = event.reason ? `Disconnected: ${event.reason}` : "Disconnected";
    byId("say").hidden = true;
    byId("join").hidden = false;
  };
}

byId("join").addEventListener("submit", (event) => {
  event.preventDefault();
  ownName = byId("name").value.trim();
  messages.replaceChildren();
  connect();
});

byId("say").addEventListener("submit", (event) => {
  event.preventDefault();
  socket.send(byId("text").value);
  byId("text").value = "";
});
