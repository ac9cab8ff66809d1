const byId = (id) => document.getElementById(id);
const token = document.querySelector("input[name=csrf_token]").value;
let socket;
let cursor = "";
let attempts = 0;

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function pin(note) {
  const item = document.createElement("li");
  item.append(element("b", note.by));
  if (note.picture) {
    const image = document.createElement("img");
    image.src = `/pictures/${note.picture}`;
    image.alt = `A picture by ${note.by}`;
    item.append(image);
  } else {
    item.append(note.text);
  }
  byId("notes").append(item);
}

function pinGap() {
  byId("notes").append(element("li", "Some notes from here are no longer kept", "gap"));
}

function show(text) {
  byId("state").textContent = text;
}

// The WebSocket: after a break it continues with the cursor of the last note.
function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/live?after=${encodeURIComponent(cursor)}`);
  socket.onopen = () => {
    attempts = 0;
    show("Live by WebSocket");
  };
  socket.onmessage = (message) => {
    const item = JSON.parse(message.data);
    if (item.gap) return pinGap();
    cursor = item.cursor;
    pin(item.data);
  };
  socket.onclose = (event) => {
    show("Connecting again");
    if (event.code === 1008) cursor = "";
    attempts += 1;
    if (attempts > 2 && !cursor) return follow(); // a network that lets no WebSocket through
    setTimeout(connect, 200 * attempts);
  };
}

// Server-sent events: the browser itself continues after the last one.
function follow() {
  socket = undefined;
  const events = new EventSource("/events");
  events.onopen = () => show("Live by server-sent events");
  events.onerror = () => show("Connecting again");
  events.onmessage = (event) => pin(JSON.parse(event.data));
  events.addEventListener("gap", pinGap);
}

new EventSource("/here").onmessage = (event) => {
  byId("here").replaceChildren(...JSON.parse(event.data).map((name) => element("li", name)));
};

byId("write").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.elements.note;
  const note = field.value;
  field.value = "";
  if (socket && socket.readyState === WebSocket.OPEN) {
    socket.send(note);
  } else {
    await fetch("/notes", { method: "POST", body: note, headers: { "x-csrf-token": token } });
  }
});

byId("upload").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("problem").hidden = true;
  const response = await fetch("/pictures", {
    method: "POST",
    body: new FormData(event.target),
    headers: { "x-csrf-token": token },
  });
  if (!response.ok) return fail((await response.json()).detail);
  event.target.reset();
  const status = new EventSource(`/tasks/${(await response.json()).task}`);
  byId("making").hidden = false;
  status.addEventListener("status", (message) => {
    const task = JSON.parse(message.data);
    if (task.progress) byId("making").querySelector("progress").value = task.progress.done;
    if (!["succeeded", "failed", "cancelled"].includes(task.status)) return;
    status.close();
    byId("making").hidden = true;
    if (task.status !== "succeeded") fail(task.error);
  });
});

function fail(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = false;
}

if (new URLSearchParams(location.search).has("events")) {
  follow();
} else {
  connect();
}
