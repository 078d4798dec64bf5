/** A dark room's colours; a telephone's width turns each line of the table into a card. */
export const kPageStyle = `
  :root { color-scheme: dark; --ground: #0b0d0f; --raised: #15191d; --line: #2a3138; --text: #d5dbe1; --quiet: #93a0ac; --accent: #6cb6ff;
    --malignant: #ff7878; --benign: #5dff8f; --alarm: #ffb454; }
  * { box-sizing: border-box; }
  html, body { margin: 0; background: var(--ground); color: var(--text); font: 14px/1.45 system-ui, sans-serif; }
  body { height: 100dvh; display: grid; grid-template-rows: auto auto minmax(260px, 1fr) auto; }
  header { position: sticky; top: 0; z-index: 3; display: flex; flex-wrap: wrap; gap: 2px 18px; align-items: baseline; padding: 6px 14px;
    background: #231a0c; border-bottom: 1px solid #5b4214; }
  header strong { color: var(--alarm); letter-spacing: .02em; }
  header h1 { font-size: 14px; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
  .notes { max-height: 24dvh; overflow: auto; padding: 6px 14px; border-bottom: 1px solid var(--line); }
  .notes p, .notes ul { margin: 2px 0; }
  .notes ul { padding-left: 18px; }
  .notes code { color: var(--quiet); font-size: 12px; }
  .verdict { font-weight: 600; color: var(--alarm); }
  .verdict.implausible { color: var(--malignant); }
  .facts { color: var(--quiet); overflow-wrap: anywhere; }
  #viewer { position: relative; display: grid; grid-template-rows: auto minmax(0, 1fr); min-height: 0; }
  .bar { display: flex; flex-wrap: wrap; gap: 4px 6px; align-items: center; padding: 5px 14px; background: var(--raised); }
  .bar output { margin-left: auto; font-variant-numeric: tabular-nums; user-select: text; }
  button, select { font: inherit; color: inherit; background: #20262c; border: 1px solid var(--line); border-radius: 5px; padding: 3px 9px; cursor: pointer; }
  button[aria-pressed=true] { border-color: var(--accent); color: var(--accent); }
  button:focus-visible, select:focus-visible, tr:focus-visible, canvas:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
  .views { position: relative; min-height: 0; }
  .planes, .space { position: absolute; inset: 0; }
  .views[data-shown=all] .planes { right: 26%; }
  .views[data-shown=all] .space { left: 74%; border-left: 1px solid var(--line); }
  .views:not([data-shown=all], [data-shown=space]) .space, .views[data-shown=space] .planes { visibility: hidden; }
  canvas { display: block; outline-offset: -2px; touch-action: none; }
  #state { position: absolute; inset: 0; display: grid; place-items: center; text-align: center; padding: 20px; color: var(--quiet); pointer-events: none; }
  #state:empty { display: none; }
  .lesions { max-height: 36dvh; overflow: auto; border-top: 1px solid var(--line); background: var(--raised); padding-bottom: 6px; }
  table { border-collapse: collapse; width: 100%; }
  th { position: sticky; top: 0; background: var(--raised); text-align: right; font-weight: 600; color: var(--quiet); vertical-align: bottom; padding: 6px 10px; font-size: 12px; }
  td { padding: 4px 10px; border-top: 1px solid var(--line); text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; user-select: text; }
  th.text, td.text { text-align: left; }
  tbody tr { cursor: pointer; }
  tbody tr:hover { background: #1c2228; }
  tbody tr[aria-current=true] { background: #1d2b3a; }
  .malignant { color: var(--malignant); } .benign { color: var(--benign); } .indeterminate { color: #fff; }
  .lesions p { margin: 8px 14px; color: var(--quiet); }
  kbd { font: 12px ui-monospace, monospace; border: 1px solid var(--line); border-radius: 4px; padding: 0 4px; }
  @media (max-width: 760px) {
    body { display: block; height: auto; }
    .notes, .lesions { max-height: none; }
    #viewer { height: 80dvh; scroll-margin-top: 60px; }
    .views[data-shown=all] .planes { right: 0; bottom: 32%; }
    .views[data-shown=all] .space { left: 0; top: 68%; border-left: 0; border-top: 1px solid var(--line); }
    .bar output { margin-left: 0; width: 100%; }
    .keys { display: none; }
    thead { display: none; }
    tbody tr { display: grid; grid-template-columns: 1fr 1fr; gap: 0 14px; padding: 8px 14px; border-top: 1px solid var(--line); }
    td { display: flex; justify-content: space-between; gap: 8px; border: 0; padding: 2px 0; white-space: normal; }
    td::before { content: attr(data-name); color: var(--quiet); text-align: left; }
    td.text, td.wide { grid-column: 1 / -1; }
  }
  @media print { #viewer { display: none; } body { display: block; height: auto; } .lesions, .notes { max-height: none; } }
`;
