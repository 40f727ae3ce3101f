// Steps, modes, keys and buttons: everything a reader can do.

const graph = unpack(JSON.parse($("record").textContent)), view = JSON.parse($("view").textContent);
const drawn = drawGraph($("graph"), graph, view);
const now = { i: 0, mode: "true", steps: stepsOf(graph, "true"), kept: -1, timer: 0, zoom: 0 };
let said = 0;

function listSteps() {
  $("list").replaceChildren(...now.steps.map((step, i) => {
    const [formula, numbers] = describe(graph, view.names, step, null, now.mode, view.digits);
    return html("li", `${formula}. ${numbers}`);
  }));
}

function show() {
  const step = now.steps[now.i], state = stateAt(graph, now.steps, now.i), last = now.steps.length - 1;
  showState(drawn, graph, view, state, step, now.kept);
  const [formula, numbers] = describe(graph, view.names, step, state, now.mode, view.digits);
  $("formula").textContent = formula;
  $("numbers").textContent = numbers;
  $("counter").textContent = `of ${last}`;
  $("number").max = $("scrub").max = last;
  $("number").value = $("scrub").value = now.i;
  $("scrub").setAttribute("aria-valuetext", `step ${now.i} of ${last}: ${formula}`);
  const node = graph.nodes[now.kept >= 0 ? now.kept : step.node >= 0 ? step.node : graph.output];
  $("what").textContent = view.names[node.id];
  $("facts").replaceChildren(...factsOf(graph, view.names, node, state, now.mode, view.digits)
    .flatMap(([term, text]) => [html("dt", term), html("dd", text)]));
  $("list").querySelector("[aria-current]")?.removeAttribute("aria-current");
  $("list").children[now.i].setAttribute("aria-current", "step");
  clearTimeout(said); // one message at most in half a second
  said = setTimeout(() => { $("say").textContent = `Step ${now.i} of ${last}. ${formula}. ${numbers}`; }, 500);
}

function lookAt(id) {
  const box = drawn.nodes[id].group.getBoundingClientRect(), stage = $("stage").getBoundingClientRect(), rim = 24;
  const dx = box.left < stage.left + rim ? box.left - stage.left - rim : Math.max(0, box.right - stage.right + rim);
  const dy = box.top < stage.top + rim ? box.top - stage.top - rim : Math.max(0, box.bottom - stage.bottom + rim);
  $("stage").scrollBy(dx, dy);
}

function go(i) {
  now.i = Math.max(0, Math.min(now.steps.length - 1, i === Infinity ? i : Math.trunc(i) || 0));
  show();
  const { node } = now.steps[now.i];
  if (node >= 0) lookAt(node);
  try { history.replaceState(null, "", `#step=${now.i}&mode=${now.mode}`); } catch { /* inside srcdoc there is no address */ }
}

function setMode(mode, i = now.i) {
  now.mode = Object.hasOwn(MODES, mode) ? mode : "true";
  now.steps = stepsOf(graph, now.mode);
  $("mode").value = now.mode;
  const result = outcome(graph, view.names, now.mode, now.steps, view.digits);
  $("note").replaceChildren(MODES[now.mode], ...(result ? [" ", html("b", result)] : []));
  listSteps();
  go(i);
}

function play(on = !now.timer) {
  clearInterval(now.timer);
  now.timer = 0;
  if (on) {
    if (now.i === now.steps.length - 1) go(0);
    now.timer = setInterval(() => now.i < now.steps.length - 1 ? go(now.i + 1) : play(false), Number($("speed").value));
  }
  $("play").textContent = on ? "stop" : "play";
  $("play").setAttribute("aria-pressed", String(on));
  $("play").classList.remove("inviting");
}

const step = by => { play(false); go(now.i + by); };
const jump = i => { play(false); go(i); };
const seedStep = () => now.steps.findIndex(one => one.kind === "seed");

/** Letters of 10 units are never smaller than 9 pixels: a wide graph scrolls. */
function zoom(by) {
  const { clientWidth, clientHeight } = $("stage");
  const fit = Math.min((clientWidth - 8) / view.width, Math.max(clientHeight - 8, 240) / view.height);
  now.zoom = by === 0 ? Math.max(1, Math.min(fit, 2.2)) : Math.max(0.9, Math.min(now.zoom * by, 5));
  $("graph").setAttribute("width", Math.round(view.width * now.zoom));
  $("graph").setAttribute("height", Math.round(view.height * now.zoom));
}

const keep = id => { now.kept = now.kept === id ? -1 : id; show(); };

/** From a node to its first operand or its first use. */
function along(id, backward) {
  const edge = backward ? graph.nodes[id].operands[0] : graph.nodes[id].uses[0];
  if (edge) { const next = backward ? edge.source : edge.target; drawn.nodes[next].group.focus(); lookAt(next); }
}

drawn.nodes.forEach(({ group }, id) => {
  group.addEventListener("click", () => keep(id));
  group.addEventListener("focus", () => lookAt(id));
});
$("first").onclick = () => jump(0);
$("prev").onclick = () => step(-1);
$("play").onclick = () => play();
$("next").onclick = () => step(1);
$("last").onclick = () => jump(now.steps.length - 1);
$("forward").onclick = () => jump(0);
$("backward").onclick = () => jump(seedStep());
$("scrub").oninput = event => jump(Number(event.target.value));
$("number").onchange = event => jump(Number(event.target.value));
$("speed").onchange = () => { if (now.timer) play(true); };
$("mode").onchange = event => { play(false); setMode(event.target.value); };
$("smaller").onclick = () => zoom(1 / 1.25);
$("larger").onclick = () => zoom(1.25);
$("help").onclick = () => $("keys").showModal();

const KEYS = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1), Home: () => jump(0), End: () => jump(now.steps.length - 1),
  " ": () => play(), f: () => jump(0), b: () => jump(seedStep()), g: () => { $("number").focus(); $("number").select(); },
  m: () => { play(false); const all = Object.keys(MODES); setMode(all[(all.indexOf(now.mode) + 1) % all.length]); },
  "+": () => zoom(1.25), "-": () => zoom(1 / 1.25), 0: () => zoom(0), "?": () => $("keys").showModal(), Escape: () => { if (now.kept >= 0) keep(now.kept); },
};
addEventListener("keydown", event => {
  if ($("keys").open || event.ctrlKey || event.metaKey || event.target.matches?.("input, select")) return;
  const node = event.target.closest?.(".node"), id = node ? Number(node.id.slice(1)) : -1;
  if (event.altKey) {
    if (node && (event.key === "ArrowLeft" || event.key === "ArrowRight")) { event.preventDefault(); along(id, event.key === "ArrowLeft"); }
    return;
  }
  if (node && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); keep(id); return; }
  if (event.key === " " && event.target.matches?.("button, summary")) return;
  if (Object.hasOwn(KEYS, event.key)) { event.preventDefault(); KEYS[event.key](); }
});
addEventListener("resize", () => zoom(0));

function fromAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  setMode(wanted.get("mode") ?? view.mode, wanted.has("step") ? Number(wanted.get("step")) : Infinity);
}
addEventListener("hashchange", fromAddress);

const [sentence, good] = verdict(graph, view.names);
$("truth").textContent = sentence;
$("truth").className = good ? "good" : "bad";
$("play").classList.add("inviting");
zoom(0);
fromAddress();
