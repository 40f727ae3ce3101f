// The picture: what viz/page/__init__.py has laid out, drawn once; a step changes words and classes.

const NS = "http://www.w3.org/2000/svg";
const $ = id => document.getElementById(id);
const shape = (tag, attributes, text) => {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const html = (tag, text, attributes = {}) => {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

const curvePath = points => "M" + points[0].join(" ") + "C" + points.slice(1).map(p => p.join(" ")).join(" ");

/** An arrow's head as a triangle with its tip at `tip`, seen from `from`. */
function headPath(tip, from) {
  const long = 8, half = 3.6, length = Math.hypot(tip[0] - from[0], tip[1] - from[1]) || 1;
  const dx = (tip[0] - from[0]) / length, dy = (tip[1] - from[1]) / length, x = tip[0] - long * dx, y = tip[1] - long * dy;
  return `M${tip[0]} ${tip[1]}L${x - half * dy} ${y + half * dx}L${x + half * dy} ${y - half * dx}Z`;
}

function rectangle([x0, y0, x1, y1], radius) {
  return shape("rect", { x: x0, y: y0, width: x1 - x0, height: y1 - y0, rx: radius });
}

/** Draw everything; returns the elements that steps change. */
function drawGraph(svg, graph, view) {
  svg.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
  for (const frame of view.frames) {
    const group = shape("g", { class: frame.depth % 2 ? "frame" : "frame inner" });
    group.append(rectangle(frame.box, 6), shape("text", { x: frame.box[0] + 8, y: frame.box[1] + 12 }, frame.name));
    svg.append(group);
  }
  for (const points of view.shorts) svg.append(shape("path", { class: "short", d: curvePath(points) }));
  const edges = graph.edges.map((edge, i) => {
    const points = view.curves[i], group = shape("g", { class: "edge" });
    const line = shape("path", { class: "line", d: curvePath(points) });
    group.append(line, shape("path", { class: "head ahead", d: headPath(points.at(-1), points.at(-2)) }),
      shape("path", { class: "head back", d: headPath(points[0], points[1]) }));
    svg.append(group);
    return { group, line };
  });
  view.pills.forEach((pill, id) => {
    if (!pill) return;
    const [x0, y0, x1, y1] = pill.box, group = shape("g", { class: "pill" });
    group.append(rectangle(pill.box, 11), shape("text", { x: (x0 + x1) / 2, y: (y0 + y1) / 2 + 3.5 }, pill.text));
    svg.append(group);
  });
  const nodes = graph.nodes.map(node => {
    const box = view.boxes[node.id], [x0, y0, x1, y1] = box;
    const group = shape("g", { class: `node ${node.role}`, role: "button", tabindex: "0", "aria-pressed": "false", id: `n${node.id}` });
    group.append(rectangle(box, node.role === "parameter" ? 0 : 6));
    if (node.role === "output") group.append(rectangle([x0 + 3, y0 + 3, x1 - 3, y1 - 3], 4));
    const rows = ["title", "data", "grad"], top = y0 + (y1 - y0 - 39) / 2, made = { group };
    group.append(shape("text", { class: "title", x: (x0 + x1) / 2, y: top + 9.6 }, view.names[node.id]));
    for (const [i, row] of [[1, "data"], [2, "grad"]]) {
      const y = top + 13 * i + 9.6;
      made[row] = shape("text", { class: `number ${row}`, x: x1 - 7, y });
      group.append(shape("text", { class: "name", x: x0 + 7, y }, row), made[row]);
    }
    svg.append(group);
    return made;
  });
  graph.edges.forEach((edge, i) => {
    const [x, y] = view.labels[i];
    edges[i].local = shape("text", { class: "local", x, y: y + 3 });
    svg.append(edges[i].local);
  });
  return { nodes, edges };
}

const sign = x => x === undefined || x === null || x !== x ? "" : x > 0 ? "plus" : x < 0 ? "minus" : "zero";

// Only what changes is touched: a browser styles again whatever was, even if to the same.
const setWords = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const setAttribute = (element, name, value) => { if (element.getAttribute(name) !== value) element.setAttribute(name, value); };

/** Words and classes after a step. */
function showState(drawn, graph, view, state, step, kept) {
  const text = x => format(x, view.digits);
  for (const node of graph.nodes) {
    const { group, data, grad } = drawn.nodes[node.id], value = state.grads.get(node.id);
    setWords(data, state.known.has(node.id) ? text(node.data) : "…");
    setWords(grad, value > 0 ? "+" + text(value) : text(value));
    setAttribute(group, "class", `node ${node.role} ${sign(value)} ${step.node === node.id ? "now" : ""} ${kept === node.id ? "kept" : ""}`);
    setAttribute(group, "aria-pressed", String(kept === node.id));
    setAttribute(group, "aria-label", `${view.names[node.id]} data ${data.textContent} grad ${grad.textContent}`);
  }
  const sizes = [...state.flows.values()].map(Math.abs).filter(x => x > 0 && Number.isFinite(x));
  const most = Math.log10(Math.max(...sizes, 1e-300));
  for (const edge of graph.edges) {
    const { group, line, local } = drawn.edges[edge.id], flow = state.flows.get(edge.id), now = step.edge === edge.id;
    const part = flow ? Math.max(0, 1 + (Math.log10(Math.abs(flow)) - most) / 4) : 0;
    const width = flow === undefined ? 1 : !Number.isFinite(flow) ? 3.5 : 1.2 + 2.3 * part;
    setAttribute(line, "style", `stroke-width: ${(now ? width + 2 : width).toFixed(2)}`);
    setAttribute(group, "class", `edge ${flow === undefined ? "" : "flowed"} ${sign(flow)} ${now ? "now" : ""}`);
    setAttribute(local, "class", now ? "local now" : "local");
    setWords(local, state.known.has(edge.target) ? text(edge.local) : "");
  }
}
