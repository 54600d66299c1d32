// SPDX-License-Identifier: MIT
#include "flame.h"

#include "page.h"
#include "text.h"

namespace {

const char style[] = R"~~(
#views button{font:inherit;padding:.2em .8em;border:1px solid #999;background:#f6f6f6;cursor:pointer}
#views button[aria-pressed=true]{background:#2171b5;color:#fff;border-color:#2171b5}
#bar{display:flex;gap:1em;flex-wrap:wrap;align-items:center;margin:.6em 0}
#search{font:inherit;padding:.2em .5em;width:18em}
#graph{position:relative;border-top:1px solid #ddd;overflow:hidden}
#graph div{position:absolute;height:18px;box-sizing:border-box;border:1px solid #fff;overflow:hidden;
white-space:nowrap;text-overflow:ellipsis;font:12px/16px system-ui,sans-serif;padding:0 3px;
cursor:pointer;border-radius:2px}
#graph div:hover,#graph div:focus{outline:1px solid #000;z-index:1}
#graph div.found{background:#7b1fa2!important;color:#fff!important}
#graph div.faded{opacity:.35}
#about{min-height:1.5em;font-family:ui-monospace,monospace;font-size:13px;overflow-wrap:anywhere}
pre{overflow-x:auto;font-size:13px}
)~~";

const char controls[] = R"~~(<div id="bar">
<span id="views" role="group" aria-label="what is shown"></span>
<input id="search" type="search" placeholder="search functions, files" aria-label="search">
<button id="reset" type="button" hidden>show all</button>
<span id="found" class="note"></span>
</div>
<div id="graph"></div>
<p id="about"></p>
)~~";

// The tree of a view is made anew for each: a node is [frame, value, moved, children by frame].
const char script[] = R"~~(
"use strict";
const views = [["in use", 0], ["at peak", 1], ["allocated", 2]];
const byId = id => document.getElementById(id);
const graph = byId("graph"), about = byId("about");
let view = data.view, zoomed = null, root = null;

function sizeText(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = Math.abs(bytes), unit = 0;
  for (; size >= 1023.5 && unit < 4; unit++) size /= 1024;
  const sign = bytes < 0 ? "-" : data.is_difference && bytes > 0 ? "+" : "";
  return sign + size.toFixed(unit === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2) + " " + units[unit];
}

function makeTree() {
  const node = (frame, up) => ({frame, up, value: 0, moved: 0, under: new Map()});
  root = node(-1, null);
  for (const stack of data.stacks) {
    const value = stack.values[view];
    if (value === 0) continue;
    let at = root;
    for (let i = -1; i < stack.frames.length; i++) {
      if (i >= 0) {
        const frame = stack.frames[i];
        if (!at.under.has(frame)) at.under.set(frame, node(frame, at));
        at = at.under.get(frame);
      }
      at.value += value;
      at.moved += Math.abs(value);
    }
  }
}

const nameOf = node => node.frame < 0 ? "all" : data.frames[node.frame].function;
function placeOf(node) {
  if (node.frame < 0) return "";
  const frame = data.frames[node.frame];
  return frame.file === "" ? frame.object : frame.file + (frame.line > 0 ? ":" + frame.line : "");
}
function labelOf(node) {
  const place = placeOf(node).replace(/^.*\//, "");
  return nameOf(node) + (place !== "" ? "  " + place : "");
}
function aboutOf(node) {
  const share = 100 * node.moved / (root.moved || 1);
  return nameOf(node) + (placeOf(node) !== "" ? "  " + placeOf(node) : "") + "  " + sizeText(node.value) +
    (data.is_difference ? "" : " (" + share.toFixed(1) + " %)");
}

function colourOf(node) {
  if (data.is_difference) {
    const ratio = node.moved > 0 ? node.value / node.moved : 0;
    const light = 94 - 36 * Math.abs(ratio);
    return ratio > 0 ? `hsl(8 80% ${light}%)` : ratio < 0 ? `hsl(212 75% ${light}%)` : "#eee";
  }
  if (node.frame < 0) return "#ddd";
  let hash = 0;
  for (const letter of nameOf(node)) hash = (hash * 31 + letter.codePointAt(0)) % 9973;
  return `hsl(${18 + hash % 36} ${70 + hash % 23}% ${66 + hash % 11}%)`;
}

function isFound(node, wanted) {
  return wanted !== "" && node.frame >= 0 &&
    (nameOf(node) + " " + placeOf(node)).toLowerCase().includes(wanted);
}

function draw() {
  const wanted = byId("search").value.trim().toLowerCase();
  const path = new Set();
  const top = zoomed || root;
  let deepest = 0, found = 0;
  for (let at = top; at !== null; at = at.up) path.add(at);
  graph.textContent = "";
  const put = (node, left, width, depth) => {
    const box = document.createElement("div");
    box.textContent = labelOf(node);
    box.title = aboutOf(node);
    box.tabIndex = 0;
    box.style.left = left + "%";
    box.style.width = width + "%";
    box.style.top = depth * 18 + "px";
    box.style.background = colourOf(node);
    if (isFound(node, wanted)) box.classList.add("found");
    if (node !== top && path.has(node)) box.classList.add("faded");
    box.onclick = () => {
      zoomed = node === root ? null : node;
      draw();
    };
    box.onkeydown = event => {
      if (event.key === "Enter") box.onclick();
    };
    box.onmouseenter = box.onfocus = () => { about.textContent = aboutOf(node); };
    graph.append(box);
    deepest = Math.max(deepest, depth);
  };
  const under = node => [...node.under.values()].sort((a, b) => b.moved - a.moved);
  const walk = (node, left, width, depth, counted) => {
    const counts = !counted && isFound(node, wanted);
    if (counts) found += node.value;
    if (width >= 0.08) put(node, left, width, depth);
    for (const child of under(node)) {
      const part = node.moved > 0 ? width * child.moved / node.moved : 0;
      walk(child, left, part, depth + 1, counted || counts);
      left += part;
    }
  };
  let depth = 0;
  for (const node of [...path].reverse()) {
    if (node === top)
      walk(node, 0, 100, depth, false);
    else
      put(node, 0, 100, depth);
    depth++;
  }
  graph.style.height = (deepest + 1) * 18 + 4 + "px";
  byId("found").textContent = wanted === "" ? "" : "found: " + sizeText(found);
  byId("reset").hidden = zoomed === null && wanted === "";
  about.textContent = root.moved === 0 ? "nothing" : aboutOf(top);
}

function show(number) {
  view = number;
  zoomed = null;
  for (const button of byId("views").children)
    button.setAttribute("aria-pressed", String(Number(button.value) === view));
  makeTree();
  draw();
}

for (const [name, number] of views) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name;
  button.value = number;
  button.onclick = () => show(number);
  byId("views").append(button);
}
byId("search").oninput = draw;
byId("reset").onclick = () => {
  byId("search").value = "";
  zoomed = null;
  draw();
};
document.onkeydown = event => {
  if (event.key === "Escape") byId("reset").onclick();
};
show(view);
)~~";

void put_stack(const Stack &stack, Json *json) {
    json->open().list("frames");
    for (size_t i = stack.frames.size(); i-- > 0;) json->put(nullptr, stack.frames[i]);
    json->close().list("values");
    for (Figure figure : {IN_USE_BYTES, PEAK_BYTES, ALLOCATED_BYTES})
        json->put(nullptr, stack.figures[figure]);
    json->close().close();
}

// In a script nothing may look like an end of it.
std::string data_text(const SampleProfile &profile, const ProfileView &view) {
    Json json;
    json.open().put("is_difference", view.is_difference);
    json.put("view", view.order == IN_USE_BYTES ? 0 : view.order == PEAK_BYTES ? 1 : 2);
    json.list("frames");
    for (const Frame &frame : profile.frames)
        json.open()
            .put("function", frame.function)
            .put("file", frame.file)
            .put("line", frame.line)
            .put("object", frame.object)
            .close();
    json.close().list("stacks");
    for (const Stack &stack : profile.stacks) put_stack(stack, &json);
    json.close().close();
    std::string safe;
    for (char letter : json.text())
        if (letter == '<')
            safe += "\\u003c";
        else if (letter != '\n')
            safe += letter;
    return safe;
}

} // namespace

std::string flame_html(const SampleProfile &profile, const ProfileView &view) {
    std::string note = "The callers are above; click a box to see it alone, Esc for all.";
    if (view.is_difference)
        note += " Boxes are as wide as what changed in them: red grew, blue shrank, pale did both.";
    return page_html(view.title, std::string("<style>") + style + "</style>\n<p class=\"note\">" +
                                     note + "</p>\n" + controls + "<h2>Lines of code</h2>\n<pre>" +
                                     html_text(profile_table(profile, view)) +
                                     "</pre>\n<script>\nconst data = " + data_text(profile, view) +
                                     ";" + script + "</script>\n");
}
