// Backward as a list of steps, as viz/steps.py makes it, and the state of the screen after each of them.

const MOST_VISITS = 500;

/** How many edges naive recursion would visit: for each as many as there are paths from the output to it. */
function naiveVisits(graph) {
  const paths = graph.nodes.map(node => node.id === graph.output ? 1 : 0);
  let total = 0;
  for (const i of graph.backward) {
    const edge = graph.edges[i];
    paths[edge.source] += paths[edge.target];
    total += paths[edge.target];
  }
  return total;
}

/** The steps of a forward and a backward pass in one of the modes true, naive, overwrite, forgot. */
function stepsOf(graph, mode) {
  const steps = [{ kind: "start", node: -1 }];
  let grads = new Map();
  for (const node of graph.nodes) if (node.operands.length) steps.push({ kind: "forward", node: node.id, after: node.data });
  const seed = () => {
    const before = grads.get(graph.output) ?? 0, after = before + graph.seed;
    grads.set(graph.output, after);
    steps.push({ kind: "seed", node: graph.output, before, flow: graph.seed, after });
  };
  const contribute = edge => {
    const before = grads.get(edge.source) ?? 0, upstream = grads.get(edge.target) ?? 0, flow = edge.local * upstream;
    const after = mode === "overwrite" ? flow : before + flow;
    grads.set(edge.source, after);
    steps.push({ kind: "edge", node: edge.source, edge: edge.id, before, local: edge.local, upstream, flow, after });
  };
  const sweep = () => { seed(); for (const i of graph.backward) contribute(graph.edges[i]); };
  if (mode === "naive") {
    seed();
    const stack = [...graph.nodes[graph.output].operands].reverse();
    let visits = 0;
    while (stack.length) {
      if (visits++ === MOST_VISITS) { steps.push({ kind: "stop", node: graph.output, after: naiveVisits(graph) }); break; }
      const edge = stack.pop();
      contribute(edge);
      stack.push(...[...graph.nodes[edge.source].operands].reverse());
    }
    return steps;
  }
  sweep();
  if (mode === "forgot") {
    steps.push({ kind: "again", node: -1 });
    grads = new Map([...grads].filter(([id]) => !graph.nodes[id].operands.length));
    sweep();
  }
  return steps;
}

/** What is on screen after step i: a function of i alone, so that jumping needs no undo. */
function stateAt(graph, steps, i) {
  const known = new Set(graph.nodes.filter(node => !node.operands.length).map(node => node.id));
  const grads = new Map(), flows = new Map(), heard = new Map();
  let parts = new Map();
  for (const step of steps.slice(0, i + 1)) {
    if (step.kind === "forward") known.add(step.node);
    else if (step.kind === "seed") { grads.set(step.node, step.after); parts.set(step.node, [step]); }
    else if (step.kind === "edge") {
      grads.set(step.node, step.after);
      flows.set(step.edge, step.flow);
      heard.set(step.node, (heard.get(step.node) ?? 0) + 1);
      parts.set(step.node, [...(parts.get(step.node) ?? []), step]);
    } else if (step.kind === "again") {
      for (const node of graph.nodes) if (node.operands.length) grads.delete(node.id);
      parts = new Map([...parts].filter(([id]) => !graph.nodes[id].operands.length));
      flows.clear(); heard.clear();
    }
  }
  return { known, grads, flows, heard, parts };
}

/** A number with some significant digits: 2, -0.7071, 1.5e-7. */
function format(x, digits) {
  if (x === null || x === undefined) return "–";
  if (!Number.isFinite(x)) return x !== x ? "nan" : x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const text = Math.abs(x) < 1e-4 ? x.toExponential(digits - 1) : x.toPrecision(digits);
  const [mantissa, exponent] = text.split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return exponent ? `${short}e${exponent}` : short;
}
