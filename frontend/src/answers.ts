/** The answer object of the HTTP interface, as far as the page shows it, and its event stream. */

import { createParser } from "eventsource-parser";

export interface Citation {
  document: string;
  page: number | null;
  section: string | null;
  quote: string;
  url: string;
}

export interface Claim {
  kind: string;
  text: string;
  party: string | null;
  citations: Citation[];
}

export interface Answer {
  record: string | null;
  status: string;
  language: string;
  message: string | null;
  reason: string | null;
  suggestion: string | null;
  resolved_question: string | null;
  scope: string[];
  claims: Claim[];
  silent: { party: string }[];
  near: Claim[];
  no_document: string[];
  follow_up: string | null;
}

export interface Ask {
  election: string;
  question: string;
  after?: string;
  parties?: string[];
  language?: string;
}

export interface Listener {
  claim(claim: Claim): void;
  answer(answer: Answer): void;
}

/** Whether the service can be reached at all, however it answers. */
export async function reachable(): Promise<boolean> {
  try {
    await fetch("/healthz", { cache: "no-store" });
    return true;
  } catch {
    return false;
  }
}

/** Ask and pass on each checked claim as it arrives. Anything unexpected is an error: the caller falls back to the plain form. */
export async function stream(address: string, ask: Ask, listener: Listener, signal: AbortSignal): Promise<void> {
  const reply = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(ask),
    signal,
  });
  if (!reply.ok || !reply.body || !reply.headers.get("content-type")?.startsWith("text/event-stream")) {
    throw new Error(`status ${reply.status}`);
  }
  let complete = false;
  const parser = createParser({
    onEvent({ event, data }) {
      if (event === "claim") listener.claim(JSON.parse(data) as Claim);
      else if (event === "answer") {
        listener.answer(JSON.parse(data) as Answer);
        complete = true;
      } else if (event === "problem") throw new Error("problem");
    },
  });
  const decoder = new TextDecoder();
  const reader = reply.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parser.feed(decoder.decode(value, { stream: true }));
  }
  if (!complete) throw new Error("the stream ended before the answer");
}
