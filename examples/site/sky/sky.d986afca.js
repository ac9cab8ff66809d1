const base = new URL(document.baseURI).pathname;
const chart = document.getElementById("chart");
const stars = await (await fetch("/stars.json")).json();

const address = (star) => base + star.name.toLowerCase();
const make = (name, attributes, parent) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return parent.appendChild(element);
};

for (let hours = 0; hours <= 24; hours += 3) make("line", { x1: hours * 30, x2: hours * 30, y1: 0, y2: 360 }, chart);
for (let y = 0; y <= 360; y += 60) make("line", { x1: 0, x2: 720, y1: y, y2: y }, chart);

const links = new Map();
const place = (star) => ({ x: 720 - star.hours * 30, y: 180 - star.degrees * 2 });
const crowded = ({ x, y }) => stars.map(place).some((other) => other.x > x && other.x < x + 70 && Math.abs(other.y - y) < 12);

for (const star of stars) {
  const { x, y } = place(star);
  const radius = Math.max(3, 7 - 2 * star.magnitude);
  const link = make("a", { href: address(star), class: star.colour }, chart);
  make("circle", { cx: x, cy: y, r: radius }, link);
  const left = x > 640 || crowded({ x, y });
  const label = make("text", { x: left ? x - radius - 5 : x + radius + 5, y: y + 4 }, link);
  if (left) label.setAttribute("text-anchor", "end");
  label.textContent = star.name;
  links.set(address(star), { link, star });
}

function show() {
  const path = decodeURIComponent(location.pathname);
  for (const { link } of links.values()) link.classList.remove("chosen");
  const chosen = links.get(path);
  chosen?.link.classList.add("chosen");
  chosen?.link.scrollIntoView({ inline: "center", block: "nearest" });
  const lost = !chosen && path !== base;
  document.getElementById("title").textContent = chosen ? chosen.star.name : lost ? "Not in this sky" : "The whole sky";
  document.getElementById("text").textContent = chosen
    ? `In ${chosen.star.constellation}, ${chosen.star.light_years} light years away.`
    : lost ? "No star here has this name. Choose another." : "Choose a star.";
  document.title = `${chosen ? chosen.star.name : "Sky"} · Bright stars`;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#chart a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.getAttribute("href"));
  show();
});
addEventListener("popstate", show);
show();
