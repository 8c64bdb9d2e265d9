// The data stand in the page as they are, or compressed where they would be large.

function unzipped(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

const held = find("data");
if (held.type === "application/json") new ReportPage(JSON.parse(held.textContent));
else if ("DecompressionStream" in window) unzipped(held.textContent).then((data) => new ReportPage(data));
else find("too-old").hidden = false;
