// What the page says: a step's formula and numbers, a node's facts, the check, the modes.

const MODES = {
  true: "True order: a value passes its gradient on once, when all contributions to it are in.",
  naive: "Naive recursion: each contribution is passed on at once, together with what had been passed on before.",
  overwrite: "Overwrite: = in place of +=, so that of several contributions only the last one stays.",
  forgot: "Forgot zero_grad: a second backward adds to what the first has left in the leaves.",
};

/** A rule's text in the names of the operands: "1.0 - y * y" becomes "1.0 - t · t". */
function inNames(text, node, names) {
  const words = {
    x: names[node.operands[0].source], z: names[node.operands.at(-1).source], y: names[node.id], k: String(node.k),
  };
  return text.replace(/\b([xzyk])\b|\b(\d+)\.0\b/g, (_, word, whole) => whole ?? words[word]).replaceAll("*", "·");
}

/** A step in two lines: symbols, then numbers. */
function describe(graph, names, step, state, mode, digits) {
  const text = x => format(x, digits), signed = x => x < 0 || Object.is(x, -0) ? `(${text(x)})` : text(x);
  const name = names[step.node];
  if (step.kind === "start") return ["Start", "The inputs have their values. Nothing has been computed yet."];
  if (step.kind === "forward") {
    const node = graph.nodes[step.node];
    const how = node.rule ? inNames(node.rule.value, node, names) : `${node.op}(${node.operands.map(e => names[e.source]).join(", ")})`;
    return [`Forward: ${name} = ${how}`, `${name} = ${text(step.after)}`];
  }
  if (step.kind === "seed") return step.flow === 1
    ? [`Backward begins: ∂${name}/∂${name} = 1`, `${name}.grad = ${text(step.after)}: a small change of ${name} changes ${name} by just as much.`]
    : [`Backward begins with what came from above: ${name}.grad = ${text(step.after)}`, `This is the gradient that ${name} had when the record was made.`];
  if (step.kind === "again") return ["A second run, without zero_grad", "Results are computed anew and have no gradient yet. The leaves still hold theirs."];
  if (step.kind === "stop") return [`Stopped after ${MOST_VISITS} edges`, `Naive recursion would visit ${text(step.after)} edges; in the true order there are ${graph.edges.length}.`];
  const edge = graph.edges[step.edge], target = names[edge.target], node = graph.nodes[edge.target];
  const rule = node.rule ? `, because ∂${target}/∂${name} = ${inNames(node.rule.local[node.operands.indexOf(edge)], node, names)}` : "";
  const product = `${signed(step.local)} · ${signed(step.upstream)}`;
  return mode === "overwrite"
    ? [`${name}.grad = ∂${target}/∂${name} · ${target}.grad`, `${product} = ${text(step.after)}${step.before ? `; what was there, ${text(step.before)}, is lost` : ""}${rule}`]
    : [`${name}.grad += ∂${target}/∂${name} · ${target}.grad`,
      `${text(step.before)} + ${product} = ${text(step.before)} + ${signed(step.flow)} = ${text(step.after)}${rule}`];
}

/** A node's facts, as pairs of a term and its text. */
function factsOf(graph, names, node, state, mode, digits) {
  const text = x => format(x, digits), name = names[node.id], facts = [];
  if (node.operands.length) {
    const how = node.rule ? inNames(node.rule.value, node, names) : `${node.op}(${node.operands.map(e => names[e.source]).join(", ")})`;
    facts.push(["computed as", `${name} = ${how}`]);
  }
  facts.push(["value", state.known.has(node.id) ? String(node.data) : "not computed yet"]);
  const parts = (state.parts.get(node.id) ?? []).map(step => {
    if (step.kind === "seed") return `${text(step.flow)}   the seed`;
    const target = names[graph.edges[step.edge].target];
    return `${text(step.local)} · ${text(step.upstream)} = ${text(step.flow)}   from ${target}`;
  });
  const grad = state.grads.get(node.id);
  facts.push(["gradient", grad === undefined ? "– no backward yet" : String(grad)]);
  if (parts.length) facts.push([mode === "overwrite" ? "the last of" : "the sum of", parts.slice(-40).join("\n")]);
  if (node.uses.length && mode !== "naive")
    facts.push(["contributions", `${state.heard.get(node.id) ?? 0} of ${node.uses.length} have come`]);
  for (const edge of node.operands)
    if (node.rule) facts.push([`∂${name}/∂${names[edge.source]}`, `${inNames(node.rule.local[node.operands.indexOf(edge)], node, names)} = ${text(edge.local)}`]);
  return facts;
}

/** The check on load, in a sentence, and whether it went well. */
function verdict(graph, names) {
  const { wrong, values, gradients } = replay(graph);
  if (!wrong.length) return [gradients
    ? `✓ replayed here: ${values} values, ${gradients} gradients equal the engine's`
    : `✓ replayed here: ${values} values equal the engine's; it has run no backward, the gradients are computed here`, true];
  const first = wrong[0], times = first.recorded / first.replayed;
  const twice = first.what === "gradient" && times >= 2 && Number.isInteger(times)
    ? `: ${times} × what one backward gives, was zero_grad forgotten?` : "";
  const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : "";
  return [`✗ ${first.what} of ${names[first.node.id]}: recorded ${first.recorded ?? "–"}, replayed here ${first.replayed}${twice}${more}`, false];
}

/** What a mode leads to, beside the true order. */
function outcome(graph, names, mode, steps, digits) {
  if (mode === "true") return "";
  const end = list => stateAt(graph, list, list.length - 1).grads;
  const truth = end(stepsOf(graph, "true")), got = end(steps), last = steps.at(-1);
  const visits = steps.filter(step => step.kind === "edge").length, text = x => format(x ?? 0, digits);
  const count = mode === "naive" ? `${last.kind === "stop" ? text(last.after) : visits} edges visited instead of ${graph.edges.length}; ` : "";
  if (last.kind === "stop") return `${count}stopped after ${MOST_VISITS}.`;
  const differ = graph.nodes.filter(node => !close(got.get(node.id) ?? 0, truth.get(node.id) ?? 0));
  const first = differ.find(node => !node.operands.length) ?? differ[0];
  return first
    ? `${count}${names[first.id]}.grad ends as ${text(got.get(first.id))}, the truth is ${text(truth.get(first.id))}; wrong are ${differ.length} of ${graph.nodes.length} gradients.`
    : `${count}here every gradient comes out right all the same: no value is used twice.`;
}
