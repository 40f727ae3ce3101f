// The engine, once more: values, local derivatives and gradients from the record's own rules, to check it and to step it.

const TAU_ROOT = Math.sqrt(2 * Math.PI), ROOT_PI = Math.sqrt(Math.PI);

// erf by its series, whose terms are all positive, up to 2; beyond, erfc by its continued fraction (Lentz).
function erfcTail(x) {
  const tiny = 1e-300;
  let f = x, c = x, d = 0;
  for (let n = 1; n < 400; n++) {
    d = x + (n / 2) * d; d = 1 / (d || tiny);
    c = x + (n / 2) / c;
    const change = c * d;
    f *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return Math.exp(-x * x) / (f * ROOT_PI);
}
function erf(x) {
  if (x !== x) return x;
  if (x < 0) return -erf(-x);
  if (x >= 2) return x > 27 ? 1 : 1 - erfcTail(x);
  let term = x, total = x;
  for (let n = 1; n < 200 && term > total * 1e-18; n++) { term *= (2 * x * x) / (2 * n + 1); total += term; }
  return (2 / ROOT_PI) * Math.exp(-x * x) * total;
}
const erfc = x => x >= 2 ? (x > 27 ? 0 : erfcTail(x)) : 1 - erf(x);

const zeroTimes = (a, b) => a === 0 ? 0 : a * b;
// Math.pow differs from C's pow where one of them is 1 and the other nan or inf.
const power = (a, b) => a === 1 || b === 0 ? 1 : a === -1 && Math.abs(b) === Infinity ? 1 : Math.pow(a, b);
const leakyStep = (x, slope) => x > 0 ? 1 : slope;
const FUNCTIONS = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, neg: x => -x,
  divide: (a, b) => a / b, power, power_slope: (x, k) => zeroTimes(k, power(x, k - 1)),
  exp: Math.exp, log: Math.log, log_or_zero: x => x === 0 ? 0 : Math.log(x), sqrt: x => x >= 0 ? Math.sqrt(x) : NaN,
  sin: Math.sin, cos: Math.cos, tanh: Math.tanh, erf,
  sigmoid: x => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)),
  softplus: x => (x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x))),
  relu: x => x <= 0 ? 0 : x, step: x => x > 0 ? 1 : 0, leaky_step: leakyStep, leaky_relu: (x, slope) => x * leakyStep(x, slope),
  abs: Math.abs, sign: x => x > 0 ? 1 : x < 0 ? -1 : x,
  maximum: (a, b) => b > a || b !== b ? b : a, minimum: (a, b) => b < a || b !== b ? b : a,
  share: (a, b) => a > b ? 1 : b > a ? 0 : 0.5,
  normal_cdf: x => 0.5 * erfc(-x / Math.SQRT2), normal_pdf: x => Math.exp(-0.5 * x * x) / TAU_ROOT, zero_times: zeroTimes,
};

/** The number that postfix code stands for. No eval, so the page keeps a strict policy. */
function run(code, x, z, y, k) {
  const names = { x, z, y, k }, stack = [];
  for (const word of code) {
    if (typeof word === "number") stack.push(word);
    else if (Object.hasOwn(names, word)) stack.push(names[word]);
    else {
      const f = FUNCTIONS[word], operands = stack.splice(stack.length - f.length);
      stack.push(f(...operands));
    }
  }
  return stack[0];
}

const NOT_FINITE = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const toNumber = x => typeof x === "string" ? NOT_FINITE[x] : x;

/** The record's columns as objects with numbers, and for each node its edges: operands by slot, uses. */
function unpack(record) {
  const { nodes: n, edges: e } = record;
  const nodes = n.op.map((op, id) => ({
    id, op, label: n.label[id], role: n.role[id], data: toNumber(n.data[id]), grad: toNumber(n.grad[id]),
    rule: n.rule[id] === null ? null : record.rules[n.rule[id]], k: toNumber(n.constant[id]), operands: [], uses: [],
  }));
  const edges = e.source.map((source, id) => ({ id, source, target: e.target[id], slot: e.slot[id], local: toNumber(e.local[id]) }));
  for (const edge of edges) { nodes[edge.target].operands.push(edge); nodes[edge.source].uses.push(edge); }
  for (const node of nodes) node.operands.sort((a, b) => a.slot - b.slot);
  const { backward, output, seed } = record.steps;
  return { nodes, edges, backward, output, seed: toNumber(seed) };
}

/** Equal but for another library's last digits. */
const close = (a, b) => a === b || (a !== a && b !== b) || Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));

/** Compute the record again; what differs, in the order of the computation. */
function replay(graph) {
  const wrong = [];
  const compare = (what, node, recorded, replayed) => { if (!close(recorded, replayed)) wrong.push({ what, node, recorded, replayed }); };
  for (const node of graph.nodes) {
    if (!node.rule) continue;
    const x = graph.nodes[node.operands[0].source].data, z = graph.nodes[node.operands.at(-1).source].data;
    compare("value", node, node.data, run(node.rule.value_code, x, z, node.data, node.k));
    node.operands.forEach((edge, i) =>
      compare("local derivative", node, edge.local, run(node.rule.local_code[i], x, z, node.data, node.k)));
  }
  const backward = graph.nodes[graph.output].grad !== null;
  if (backward) {
    const sums = graph.nodes.map(node => node.id === graph.output ? graph.seed : 0);
    // by magnitude, too: where contributions cancel, another library's last digits are all that is left
    const sizes = sums.map(Math.abs);
    for (const i of graph.backward) {
      const edge = graph.edges[i], part = edge.local * graph.nodes[edge.target].grad;
      sums[edge.source] += part; sizes[edge.source] += Math.abs(part);
    }
    for (const node of [...graph.nodes].reverse())
      if (node.grad === null || !(close(node.grad, sums[node.id]) || Math.abs(node.grad - sums[node.id]) <= 1e-12 * sizes[node.id]))
        wrong.push({ what: "gradient", node, recorded: node.grad, replayed: sums[node.id] });
  }
  return { wrong, values: graph.nodes.length, gradients: backward ? graph.nodes.length : 0 };
}
