/**
 * `<isegoria-ask>` stands around the question form and shows checked claims as they arrive.
 *
 * It adds nothing that the plain form cannot do: on any error the form is sent the plain way. Text is
 * rendered as text, never through an HTML parser; focus stays in the form; each claim is announced once.
 */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { reachable, stream, type Answer, type Ask, type Citation, type Claim } from "./answers";

interface Source {
  language: string;
  facts: string;
  title: string;
}

class IsegoriaAsk extends LitElement {
  static override properties = {
    question: { state: true },
    claims: { state: true },
    answer: { state: true },
    spoken: { state: true },
    phase: { state: true },
    past: { state: true },
  };

  declare question: string;
  declare claims: Claim[];
  declare answer: Answer | null;
  declare spoken: string;
  declare past: { question: string; record: string }[];
  declare phase: "idle" | "working" | "stopped" | "failed" | "unreachable" | "done";

  private parties = new Map<string, string>();
  private sources = new Map<string, Source>();
  private running: AbortController | null = null;

  constructor() {
    super();
    this.question = this.spoken = "";
    this.claims = [];
    this.past = [];
    this.answer = null;
    this.phase = "idle";
  }

  /** The form stays where the server put it; results go below it, in the page's own style. */
  protected override createRenderRoot(): HTMLElement {
    const below = document.createElement("div");
    below.className = "streamed";
    return this.appendChild(below);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const [id, name] of pairs(this.dataset.parties)) this.parties.set(id, name);
    for (const [id, rest] of pairs(this.dataset.sources)) {
      const [language = "", facts = "", ...title] = rest.split("=");
      this.sources.set(id, { language, facts, title: title.join("=") });
    }
    this.form?.addEventListener("submit", this.send);
  }

  override disconnectedCallback(): void {
    this.form?.removeEventListener("submit", this.send);
    this.running?.abort();
    super.disconnectedCallback();
  }

  private get form(): HTMLFormElement | null {
    return this.querySelector("form");
  }

  private send = (event: SubmitEvent): void => {
    const form = this.form;
    if (!form) return;
    const fields = new FormData(form);
    const question = String(fields.get("question") ?? "").trim();
    if (!question || [...question].length > 1000) return; // the server explains, next to the field
    event.preventDefault();
    if (this.phase === "working") return;
    void this.run(form, question, fields);
  };

  private async run(form: HTMLFormElement, question: string, fields: FormData): Promise<void> {
    const ask: Ask = { election: this.dataset.election ?? "", question };
    const after = fields.get("after");
    const parties = fields.getAll("party").map(String);
    const language = new URL(form.action).searchParams.get("lang");
    if (after) ask.after = String(after);
    if (parties.length) ask.parties = parties;
    if (language) ask.language = language;
    const before = this.answer?.record;
    if (before) this.past = [...this.past, { question: this.question, record: before }];
    document.body.classList.add("asked");
    Object.assign(this, { question, claims: [], answer: null, phase: "working", spoken: this.words("working") });
    const running = (this.running = new AbortController());
    try {
      await stream(
        this.dataset.answers ?? "",
        ask,
        { claim: (claim) => this.claim(claim), answer: (answer) => this.answered(answer) },
        running.signal,
      );
      this.keep(form);
    } catch {
      if (running.signal.aborted) {
        this.phase = "stopped";
        this.spoken = this.words("stopped");
        return;
      }
      if (!(await reachable())) {
        this.phase = "unreachable"; // to send the form now would show the browser's own error and lose the question
        this.spoken = this.words("unreachable");
        return;
      }
      this.phase = "failed";
      this.spoken = this.words("failed");
      form.submit();
    }
  }

  /** Called by the stream for each claim that passed every check. */
  private claim(claim: Claim): void {
    this.claims = [...this.claims, claim];
    const places = claim.citations.map((c) => `${this.titleOf(c)}, ${this.place(c)}`).join("; ");
    this.spoken = `${this.name(claim.party)}: ${claim.text} (${places})`;
  }

  /** Called by the stream when the whole answer is there and recorded. */
  private answered(answer: Answer): void {
    this.answer = answer;
    this.claims = answer.claims;
    this.phase = "done";
    const said = [answer.message, answer.reason, answer.suggestion].filter(Boolean).join(" ");
    this.spoken = `${said} ${this.words("done")}`;
  }

  /** The button disappears with the work, so the reader is led back to the question. */
  private stop = (): void => {
    this.running?.abort();
    this.form?.querySelector("textarea")?.focus();
  };

  /** The next question goes on from this answer, as it would on the answer's own page. */
  private keep(form: HTMLFormElement): void {
    const record = this.answer?.record;
    if (record) {
      let field = form.querySelector<HTMLInputElement>("input[name=after]");
      if (!field) {
        field = document.createElement("input");
        field.type = "hidden";
        field.name = "after";
        form.append(field);
      }
      field.value = record;
      history.replaceState(null, "", this.recorded(record));
    }
    form.querySelector("textarea")!.value = "";
  }

  /** The address of the answer: here, in the frame of another site's page too, or as a page of its own. */
  private recorded(record: string, here = true): string {
    const address = new URL(this.dataset.record ?? "/", location.origin);
    address.pathname += encodeURIComponent(record);
    if (!here) address.searchParams.delete("frame");
    return address.pathname + address.search;
  }

  private words(key: string): string {
    return this.dataset[key] ?? "";
  }

  private name(party: string | null): string {
    return party === null ? this.words("rules") : (this.parties.get(party) ?? party);
  }

  private source(citation: Citation): Source | undefined {
    return this.sources.get(citation.document.slice(0, 16));
  }

  private titleOf(citation: Citation): string {
    return this.source(citation)?.title ?? citation.document.slice(0, 12);
  }

  private place(citation: Citation): string {
    return citation.section ?? this.words("page").replace("{page}", String(citation.page ?? ""));
  }

  private link(citation: Citation): string | typeof nothing {
    const address = new URL(citation.url, location.origin);
    if (address.origin !== location.origin) return nothing;
    const language = this.form && new URL(this.form.action).searchParams.get("lang");
    if (language) address.searchParams.set("lang", language);
    return address.pathname + address.search + address.hash;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.phase === "idle") return nothing;
    return html`
      <p class="hidden" role="status">${this.spoken}</p>
      ${this.past.length ? this.history() : nothing}
      <div role="log" aria-live="off" aria-busy=${this.phase === "working"}>
        <h2 class="question" dir="auto">${this.question}</h2>
        ${this.phase === "working" ? this.working() : nothing}
        ${/^(stopped|failed|unreachable)$/.test(this.phase) ? html`<p>${this.words(this.phase)}</p>` : nothing}
        ${this.answer ? this.verdict(this.answer) : nothing}
        ${this.claims.length ? html`<p class="legend"><span class="serif">${this.words("legend")}</span></p>` : nothing}
        ${this.order().map((party) => this.voice(party))} ${this.answer ? this.ending(this.answer) : nothing}
      </div>
    `;
  }

  private history(): TemplateResult {
    return html`<nav class="past" aria-label=${this.words("asked")}>
      <p>${this.words("asked")}</p>
      <ol>${this.past.map((one) => html`<li><a dir="auto" href=${this.recorded(one.record, false)}>${one.question}</a></li>`)}</ol>
    </nav>`;
  }

  private working(): TemplateResult {
    return html`<div class="working">
      <p>${this.words("working")}</p>
      <button type="button" @click=${this.stop}>${this.words("stop")}</button>
    </div>`;
  }

  private verdict(answer: Answer): TemplateResult {
    return html`<div class="verdict" lang=${answer.language}>
      ${answer.message ? html`<p class="message">${answer.message}</p>` : nothing}
      ${answer.reason ? html`<p>${answer.reason}</p>` : nothing} ${this.instead(answer)}
    </div>`;
  }

  private instead(answer: Answer): TemplateResult | typeof nothing {
    if (!answer.suggestion) return nothing;
    if (!/^(refused|redirected|unanswerable|clarify)/.test(answer.status)) return html`<p>${answer.suggestion}</p>`;
    const address = new URL(this.words("askPage"), location.origin);
    address.searchParams.set("q", answer.suggestion);
    return html`<p class="suggestion">
        <span lang=${this.words("language")}>${this.words("instead")}</span>
        <a target="_self" href=${address.pathname + address.search}>${answer.suggestion}</a>
      </p>
      ${/^(refused|redirected)/.test(answer.status)
        ? html`<p lang=${this.words("language")}><a href=${this.words("limitsPage")}>${this.words("limits")}</a></p>`
        : nothing}`;
  }

  /** Law first, then the scope in its published order; before the scope is known, as claims arrive in that order. */
  private order(): (string | null)[] {
    const spoken = new Set(this.claims.map((c) => c.party));
    const silent = new Set((this.answer?.silent ?? []).map((s) => s.party));
    return [...new Set([null, ...(this.answer?.scope ?? []), ...spoken])].filter(
      (party) => spoken.has(party) || (party !== null && silent.has(party)),
    );
  }

  private voice(party: string | null): TemplateResult {
    const claims = this.claims.filter((c) => c.party === party);
    return html`<section class="voice">
      <h3><bdi>${this.name(party)}</bdi></h3>
      <div class="words">
        ${claims.map((claim) => this.said(claim))}
        ${claims.length ? nothing : this.silence(party)}
      </div>
    </section>`;
  }

  private silence(party: string | null): TemplateResult {
    const near = (this.answer?.near ?? []).filter((c) => c.party === party);
    return html`<p class="silent">${this.words("silent")}</p>
      <p class="facts">${this.words("silentHint")}</p>
      ${near.length
        ? html`<details class="near">
            <summary>${this.words("near")}<span class="hidden">: ${this.name(party)}</span></summary>
            <p class="facts">${this.words("nearHint")}</p>
            ${near.map((claim) => this.said(claim))}
          </details>`
        : nothing}`;
  }

  private said(claim: Claim): TemplateResult {
    return html`<div class="claim">
      ${claim.kind === "quotation" ? nothing : html`<p class="own ${claim.kind}">${claim.text} <span class="kind">${this.words(claim.kind)}</span></p>`}
      ${claim.citations.map(
        (c) => html`<figure class="quotation">
          <blockquote dir="auto" lang=${this.source(c)?.language ?? ""}><p>${c.quote}</p></blockquote>
          <figcaption>
            <a href=${this.link(c)}><span class="hidden">${this.words("open")} </span>${this.titleOf(c)}, ${this.place(c)}</a>
            <span class="facts">${this.source(c)?.facts}</span>
          </figcaption>
        </figure>`,
      )}
    </div>`;
  }

  private ending(answer: Answer): TemplateResult {
    return html`
      ${answer.no_document.length
        ? html`<section class="voice">
            <h3>${this.words("without")}</h3>
            <div class="words"><ul class="names">${answer.no_document.map((p) => html`<li><bdi>${this.name(p)}</bdi></li>`)}</ul></div>
          </section>`
        : nothing}
      ${answer.follow_up ? html`<p class="prompt" lang=${answer.language}>${answer.follow_up}</p>` : nothing}
      ${answer.record ? html`<p class="whole"><a href=${this.recorded(answer.record, false)}>${this.words("whole")}</a></p>` : nothing}
    `;
  }
}

function pairs(text: string | undefined): [string, string][] {
  return (text ?? "")
    .split("|")
    .filter((item) => item.includes("="))
    .map((item) => [item.slice(0, item.indexOf("=")), item.slice(item.indexOf("=") + 1)]);
}

customElements.define("isegoria-ask", IsegoriaAsk);
