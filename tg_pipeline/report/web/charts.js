"use strict";
// Unpacks Vega, draws each chart in its container, and shows tooltips.
(() => {
  const element = (id) => document.getElementById(id);

  const unpack = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };

  const place = (tip, event) => {
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(event.clientX + 12, room))}px`;
    const above = event.clientY - tip.offsetHeight - 12;
    tip.style.top = `${above > 8 ? above : event.clientY + 16}px`;
  };

  // Users' text is set as text content, never as markup.
  const showTip = (handler, event, item, text) => {
    const tip = element("tip");
    tip.hidden = !text;
    tip.textContent = text ?? "";
    if (text) place(tip, event);
  };

  const draw = ({ parse, View, expressionInterpreter }, name, spec) => {
    const view = new View(parse(spec, null, { ast: true }), {
      expr: expressionInterpreter,
      renderer: "svg",
      container: element(name),
      hover: true,
    });
    return view.tooltip(showTip).runAsync();
  };

  const start = async () => {
    const script = document.createElement("script");
    script.textContent = await unpack(element("vega").textContent);
    document.head.append(script);
    const charts = Object.entries(JSON.parse(await unpack(element("charts").textContent)));
    for (const [name, spec] of charts) await draw(globalThis.tgVega, name, spec);
    document.documentElement.dataset.charts = "drawn";
  };

  addEventListener("scroll", () => (element("tip").hidden = true), { passive: true });
  start().catch((error) => {
    document.documentElement.dataset.charts = "failed";
    console.error(error);
  });
})();
