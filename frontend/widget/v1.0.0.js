/*
 * <isegoria-chat election="…" lang="…"><a href="…">…</a></isegoria-chat>: the question form of Isegoria on another site.
 *
 * Promise: the answers stay in a frame of the service, out of reach of the page around it; this file loads nothing but
 * that frame. What passes between both is checked for origin, sender and version. The link inside is what stays when
 * nothing else works. A published version never changes: write a new file instead. Apache-2.0, see docs/embedding.md.
 */
const SERVICE = new URL(import.meta.url).origin;
const VERSION = 1;
const THEME = ["paper", "ink", "font"];
const MOST = 20000; /* pixels: a frame grows no further, whatever it asks for */

class IsegoriaChat extends HTMLElement {
  #frame = null;
  #button = null;
  #heard = (event) => this.#hear(event);

  connectedCallback() {
    if (this.#frame || !this.getAttribute("election")) return;
    const link = this.querySelector("a");
    const label = (link?.textContent ?? "").trim() || "Isegoria";
    const address = new URL(`/e/${encodeURIComponent(this.getAttribute("election"))}`, SERVICE);
    address.searchParams.set("frame", "1");
    const language = this.lang || this.closest("[lang]")?.lang;
    if (language) address.searchParams.set("lang", language);

    const frame = document.createElement("iframe");
    frame.title = label;
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox");
    frame.referrerPolicy = "origin";
    frame.loading = "lazy";
    Object.assign(frame.style, { display: "block", width: "100%", height: "36rem", border: "0", colorScheme: "normal" });
    this.#frame = frame;

    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    this.style.display ||= "block";
    addEventListener("message", this.#heard);
    if (this.getAttribute("mode") === "button") {
      const button = (this.#button = document.createElement("button"));
      button.type = "button";
      button.part = "button";
      button.textContent = label;
      Object.assign(button.style, {
        font: "inherit", fontWeight: "700", padding: ".8em 1.4em", cursor: "pointer", minHeight: "44px",
        color: "var(--isegoria-button-color, #fff)", background: "var(--isegoria-button, #16181b)", border: "0",
      });
      button.addEventListener("click", () => this.toggle());
      root.replaceChildren(button, frame);
      this.toggle(this.hasAttribute("open"));
    } else root.replaceChildren(frame);
    frame.src = address.href;
  }

  disconnectedCallback() {
    removeEventListener("message", this.#heard);
    this.#frame = null;
  }

  /** Show or hide the frame of a button; what was asked stays. */
  toggle(open = this.#frame.hidden) {
    if (!this.#button) return;
    this.#frame.hidden = !open;
    this.#frame.style.display = open ? "block" : "none";
    this.#button.setAttribute("aria-expanded", String(open));
    this.toggleAttribute("open", open);
    this.dispatchEvent(new CustomEvent("isegoria-toggle", { detail: { open }, bubbles: true }));
  }

  #hear({ origin, source, data }) {
    if (origin !== SERVICE || source !== this.#frame?.contentWindow || data?.isegoria !== VERSION) return;
    if (data.type === "ready") {
      const style = getComputedStyle(this);
      const theme = THEME.map((name) => [name, style.getPropertyValue(`--isegoria-${name}`).trim()]).filter(([, v]) => v);
      source.postMessage({ isegoria: VERSION, type: "hello", theme: Object.fromEntries(theme) }, SERVICE);
    } else if (data.type === "height" && Number.isFinite(data.height)) {
      this.#frame.style.height = `${Math.max(120, Math.min(MOST, Math.ceil(data.height)))}px`;
    } else if (data.type === "close" && this.#button) {
      this.toggle(false);
      this.#button.focus();
    }
  }
}

customElements.get("isegoria-chat") ?? customElements.define("isegoria-chat", IsegoriaChat);
