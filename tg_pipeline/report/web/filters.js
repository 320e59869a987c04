"use strict";
// The filters: what a reader selects is counted and written. Until then, the page stays as it came.
(() => {
  const { NONE } = tgCounting;
  const { element, replace } = tgRendering;
  let facts;

  const unpack = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  };

  const chosenNow = () => {
    const value = (name) => element(`filter-${name}`)?.value;
    const days = value("period") ?? `${facts.first},${facts.last}`;
    const [first, last] = days.split(",").map(Number);
    const [chat, person] = ["chat", "person"].map((name) => Number(value(name) ?? NONE));
    return { days, first, last, chat, person };
  };

  const update = () => {
    const { days, ...chosen } = chosenNow();
    const overview = tgCounting.overviewOf(chosen);
    tgRendering.show(overview);
    tgRendering.announce(overview);
    replace("span", facts.spans[days]);
    const isPeriod = chosen.first === facts.first && chosen.last === facts.last;
    element("whole-period").hidden = isPeriod && chosen.chat === NONE && chosen.person === NONE;
  };

  const start = async () => {
    facts = tgCounting.load(await unpack(element("facts").textContent));
    tgRendering.load(facts);
    element("filters").addEventListener("change", update);
    element("filters").hidden = false;
    document.documentElement.dataset.filters = "ready";
  };

  if (!element("filters")) return;
  start().catch((error) => {
    document.documentElement.dataset.filters = "failed";
    console.error(error);
  });
})();
