/** The PromQL editor itself; loaded only where a query is written. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { EditorState, Prec, type Extension } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { useEffect, useEffectEvent, useRef } from "react";
import type { PromqlEditorProps } from "./promql-editor.tsx";

const COLOURS = HighlightStyle.define([
  { tag: [tags.function(tags.variableName), tags.keyword, tags.modifier], color: "var(--accent)" },
  { tag: tags.variableName, color: "var(--text)" },
  { tag: tags.labelName, color: "var(--muted)" },
  { tag: tags.string, color: "var(--ok)" },
  { tag: tags.number, color: "oklch(var(--service-lightness) var(--service-chroma) 210)" },
  { tag: [tags.operator, tags.punctuation, tags.paren, tags.squareBracket, tags.brace], color: "var(--muted)" },
  { tag: tags.comment, color: "var(--faint)", fontStyle: "italic" },
]);

const LOOK = EditorView.theme({
  "&": { fontSize: "12px", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "var(--font-mono)", padding: "5px 0", caretColor: "var(--text)", lineHeight: "20px" },
  ".cm-line": { padding: "0 10px" },
  ".cm-scroller": { fontFamily: "inherit", maxHeight: "160px" },
  ".cm-placeholder": { color: "var(--faint)" },
  ".cm-matchingBracket": { backgroundColor: "var(--selected) !important" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
    boxShadow: "var(--shadow)",
    color: "var(--text)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", maxHeight: "20em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "2px 8px", lineHeight: "20px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--selected)",
    color: "var(--text)",
  },
  ".cm-completionDetail": { color: "var(--muted)", fontStyle: "normal", marginLeft: "12px" },
  ".cm-completionInfo": { padding: "6px 8px", fontFamily: "var(--font-sans)" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent)" },
  ".cm-diagnostic": { padding: "4px 8px", fontFamily: "var(--font-mono)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--error)" },
});

export default function CodeMirrorEditor({ value, onRun }: PromqlEditorProps) {
  const holder = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(undefined);
  const onRunNow = useEffectEvent(onRun);
  const make = useEffectEvent((parent: HTMLElement, promql: PromQLExtension) => {
    const run = (query: string): void => onRunNow(query);
    return new EditorView({ parent, state: EditorState.create({ doc: value, extensions: extensions(promql, run) }) });
  });
  useEffect(() => {
    const parent = holder.current;
    if (parent === null) return undefined;
    const promql = new PromQLExtension().setComplete({ remote: { url: "", cache: { maxAge: 30_000 } } });
    const view = make(parent, promql);
    editor.current = view;
    return () => {
      view.destroy();
      promql.destroy();
    };
  }, []);
  useEffect(() => {
    const view = editor.current;
    if (view === undefined || view.state.doc.toString() === value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={holder} />;
}

function extensions(promql: PromQLExtension, onRun: (query: string) => void): Extension[] {
  const runs = {
    key: "Enter",
    run: (view: EditorView) => {
      onRun(view.state.doc.toString());
      return true;
    },
    shift: insertNewlineAndIndent,
  };
  const leaves = {
    key: "Escape",
    run: (view: EditorView) => {
      view.contentDOM.blur();
      return true;
    },
  };
  return [
    promql.asExtension(),
    history(),
    autocompletion(),
    bracketMatching(),
    closeBrackets(),
    syntaxHighlighting(COLOURS),
    EditorView.lineWrapping,
    placeholder("PromQL: a metric's name, or an expression. Enter shows it."),
    EditorView.contentAttributes.of({ "aria-label": "PromQL", "data-query": "" }),
    Prec.high(keymap.of([runs])),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap, ...lintKeymap]),
    Prec.low(keymap.of([leaves])),
    LOOK,
  ];
}
