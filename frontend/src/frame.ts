/**
 * The inside of the widget: tells the page around it how tall this one is, and takes a theme from it.
 *
 * It speaks only to the window around it, only when that is of an origin that the server lists for this election,
 * and never of what was asked. A theme can change paper, ink and type of the whole page, with the contrast of our
 * own and without a hue, so that it can restyle no single answer and wear no party's colour.
 */

const VERSION = 1;
const CONTRAST = 7;
const HUE = 40;
const FONTS: Record<string, string> = { serif: "var(--serif)", sans: "var(--sans)", system: "system-ui, sans-serif" };

const hosts = new Set((document.body.dataset.hosts ?? "").split(" ").filter(Boolean));
/** The origin of the page around, once it has said hello; null until then. */
let host: string | null = null;

/** The tallest thing in the page, in CSS pixels; not that of the window, which the host has set. */
function height(): number {
  return Math.ceil(document.body.getBoundingClientRect().height);
}

function tell(message: Record<string, unknown>): void {
  if (host) parent.postMessage({ isegoria: VERSION, ...message }, host);
}

/** Red, green and blue of any CSS colour without transparency, 0 to 255; null for what is none. */
function colour(text: unknown): [number, number, number] | null {
  if (typeof text !== "string" || text.length > 64 || !CSS.supports("color", text)) return null;
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  if (!context) return null;
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0, a = 0] = context.getImageData(0, 0, 1, 1).data;
  return a === 255 ? [r, g, b] : null;
}

/** Relative luminance (WCAG 2.2). */
function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function mixed(a: readonly number[], b: readonly number[], share: number): string {
  return `rgb(${a.map((c, i) => Math.round(c * share + (b[i] ?? 0) * (1 - share))).join(" ")})`;
}

function dress(theme: Record<string, unknown>): void {
  const style = document.documentElement.style;
  const font = typeof theme["font"] === "string" ? FONTS[theme["font"]] : undefined;
  if (font) document.body.style.fontFamily = font;
  const paper = colour(theme["paper"]);
  const ink = colour(theme["ink"]);
  if (!paper || !ink) return;
  const [light = 0, dark = 0] = [luminance(paper), luminance(ink)].sort((a, b) => b - a);
  const hued = [paper, ink].some((c) => Math.max(...c) - Math.min(...c) > HUE);
  if ((light + 0.05) / (dark + 0.05) < CONTRAST || hued) return;
  const shades: Record<string, number> = { paper: 0, sheet: 0, shade: 0.06, mark: 0.18, rule: 0.25, edge: 0.6, ink: 1 };
  for (const [name, share] of Object.entries(shades)) style.setProperty(`--${name}`, mixed(ink, paper, share));
  style.setProperty("--soft", mixed(ink, paper, 0.92));
}

if (parent !== window && hosts.size) {
  addEventListener("message", ({ origin, source, data }: MessageEvent) => {
    if (source !== parent || !hosts.has(origin) || data?.isegoria !== VERSION || data.type !== "hello") return;
    host = origin;
    if (data.theme && typeof data.theme === "object") dress(data.theme as Record<string, unknown>);
    tell({ type: "height", height: height() });
  });
  new ResizeObserver(() => tell({ type: "height", height: height() })).observe(document.body);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) tell({ type: "close" });
  });
  // Where the browser does not say who is around, the first word goes to each listed origin: it delivers only the right one.
  const around = location.ancestorOrigins?.[0];
  for (const origin of around === undefined ? hosts : hosts.has(around) ? [around] : []) {
    parent.postMessage({ isegoria: VERSION, type: "ready" }, origin);
  }
}
