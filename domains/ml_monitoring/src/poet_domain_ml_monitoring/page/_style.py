"""The page's style: one sheet, no fonts or pictures from elsewhere, dark where the reader's is."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#15191f;--soft:#57606c;--line:#dde1e7;
--ref:#aab4c1;--ref-ink:#5b6675;--cur:#1766d6;--cur-fill:rgba(23,102,214,.2);--track:#e9ecf0;
--drift:#b3261e;--warning:#8a5300;--ok:#1d6f37;--error:#6b3fa0;--insufficient_data:#57606c;
--drift-bg:#fdecea;--warning-bg:#fdf1dc;--ok-bg:#e6f4ea;--error-bg:#f1eafa;--insufficient_data-bg:#eceff2}
@media(prefers-color-scheme:dark){:root{--page:#0f1216;--card:#181c22;--ink:#e8eaee;--soft:#9ea7b3;
--line:#2c323b;--ref:#56606e;--ref-ink:#aab4c1;--cur:#6cb2ff;--cur-fill:rgba(108,178,255,.24);
--track:#272c35;--drift:#ff8a80;--warning:#f2b84b;--ok:#6fd08a;--error:#c4a3f5;
--insufficient_data:#a9b2be;--drift-bg:#3a1d1c;--warning-bg:#362a14;--ok-bg:#16301f;--error-bg:#2b2140;
--insufficient_data-bg:#262b33}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main{max-width:1180px;margin:0 auto;padding:20px 20px 48px}
h1{font-size:clamp(1.5rem,1.1rem + 1.8vw,2.15rem);line-height:1.2;margin:0 0 6px;letter-spacing:-.012em}
h2{font-size:1.15rem;margin:36px 0 4px}
h3 .note{font-weight:400}
h3{font-size:1rem;margin:0;display:flex;gap:8px 10px;align-items:center;flex-wrap:wrap;line-height:1.35}
p{margin:0 0 8px}
.soft,.note{color:var(--soft)}
.note{font-size:.86rem}
.verdict{border-radius:14px;padding:20px 24px 18px;border-left:8px solid var(--tone);background:var(--tint);
margin-bottom:14px}
.verdict .lead{font-size:1.06rem;max-width:76ch}
.verdict h1{color:var(--tone)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:10px;margin:0}
.facts div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px}
.facts dt{color:var(--soft);font-size:.8rem}
.facts dd{margin:0;font-size:1.2rem;font-weight:600}
.stack{display:flex;height:12px;border-radius:6px;overflow:hidden;gap:2px;margin:16px 0 6px}
.stack span{background:var(--tone);min-width:4px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:.86rem;color:var(--soft);margin:0 0 6px}
.key::before{content:"";display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;
vertical-align:-1px;background:var(--tone)}
.key.ref{--tone:var(--ref)}
.key.cur::before{background:var(--cur-fill);border:2px solid var(--cur)}
.drift{--tone:var(--drift);--tint:var(--drift-bg)}
.problem,.error{--tone:var(--error);--tint:var(--error-bg)}
.warning{--tone:var(--warning);--tint:var(--warning-bg)}
.ok{--tone:var(--ok);--tint:var(--ok-bg)}
.insufficient_data{--tone:var(--insufficient_data);--tint:var(--insufficient_data-bg)}
.pill{display:inline-block;font-size:.76rem;font-weight:600;line-height:1.6;padding:0 9px;border-radius:99px;
color:var(--tone);background:var(--tint);white-space:nowrap}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,380px),1fr));gap:16px;
margin-top:10px}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:16px 18px 14px;
min-width:0;break-inside:avoid;display:flex;flex-direction:column;gap:8px}
.card p{margin:0}
.why{font-size:.95rem}
.more{margin:0;padding-left:18px;font-size:.9rem;color:var(--soft)}
.more b{color:var(--ink);font-weight:600}
.numbers{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.84rem;color:var(--soft);margin-top:auto;
padding-top:8px;border-top:1px solid var(--line)}
.numbers b{color:var(--ink);font-weight:600}
.chart{width:100%;height:auto;display:block}
.chart text{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round;
font-size:10.5px;fill:var(--soft);font-family:inherit}
.chart .ref{fill:var(--ref)}
.chart .cur{fill:var(--cur-fill)}
.chart .cur-slot{fill:var(--cur)}
.chart .cur-line{fill:none;stroke:var(--cur);stroke-width:1.8;stroke-linejoin:round}
.chart .grid{stroke:var(--line)}
.chart .axis{stroke:var(--soft)}
.chart line.median-ref{stroke:var(--ref-ink);stroke-dasharray:3 3}
.chart line.median-cur{stroke:var(--cur);stroke-dasharray:3 3}
.chart text.median-ref{fill:var(--ref-ink);font-weight:600;font-size:11px}
.chart text.median-cur{fill:var(--cur);font-weight:600;font-size:11px}
.bars{width:100%;border-collapse:collapse;font-size:.88rem}
.bars td,.bars th{padding:3px 0;font-weight:400;text-align:left;border:0;vertical-align:middle}
.bars th{width:34%;padding-right:12px}
.bars td:last-child{width:8.2em;text-align:right;white-space:nowrap;padding-left:10px}
.bars i{display:block;height:8px;border-radius:0 3px 3px 0;background:var(--ref);min-width:1px}
.bars i+i{background:var(--cur);margin-top:2px}
.bars .pill{margin-left:6px}
.panel{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:14px 18px;
margin-top:10px;overflow-x:auto}
ul.problems{list-style:none;margin:10px 0 0;padding:0;display:grid;gap:8px}
ul.problems li{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--tone);
border-radius:10px;padding:10px 14px}
.strip{border-collapse:collapse;width:100%;font-size:.88rem}
.strip th{font-weight:500;text-align:left;padding:3px 12px 3px 0;min-width:13em;max-width:18em}
.strip td{padding:3px 0;width:100%}
.strip td:last-child{width:auto;white-space:nowrap;padding-left:12px;color:var(--soft)}
.cells{width:100%;height:18px;display:block}
.cells rect{fill:var(--track)}
.cells .drift,.cells .warning,.cells .error{fill:var(--tone)}
.cells .none{fill:none}
.spark{width:100%;height:52px;display:block}
.spark rect{fill:var(--soft);opacity:.5}
.spark .now{fill:var(--ink);opacity:1}
table.all{border-collapse:collapse;width:100%;font-size:.9rem}
table.all th,table.all td{padding:7px 12px 7px 0;text-align:left;border-bottom:1px solid var(--line);
vertical-align:top}
table.all td:last-child,table.all th:last-child{padding-left:18px;padding-right:0;width:58%}
table.all thead th{color:var(--soft);font-size:.8rem;font-weight:600;white-space:nowrap}
table.all tbody th{font-weight:600;max-width:18em}
.legend .key.cur::before{vertical-align:-2px}
table.all tr:last-child>*{border-bottom:0}
.n{text-align:right!important;white-space:nowrap}
dl.how{display:grid;grid-template-columns:max-content 1fr;gap:6px 18px;margin:0}
dl.how dt{color:var(--soft)}
dl.how dd{margin:0;max-width:76ch}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,"Liberation Mono",monospace}
a{color:var(--cur)}
footer{margin-top:32px;color:var(--soft);font-size:.84rem}
@media(max-width:620px){main{padding:12px 12px 32px}.verdict{padding:16px 16px 14px}.card{padding:14px}
dl.how{grid-template-columns:1fr;gap:0}dl.how dd{margin-bottom:10px}
.facts{grid-template-columns:1fr 1fr}.panel{padding:12px 14px}
table.all,table.all tbody,table.all tr,table.all th,table.all td{display:block;border:0;padding:0}
table.all thead{display:none}
table.all tr{padding:10px 0;border-bottom:1px solid var(--line)!important}
table.all tbody th,table.all td,table.all td:last-child{max-width:none;width:auto;padding-left:0}
table.all td.s,table.all td.n{display:inline-block;margin-right:14px;text-align:left!important}
table.all td[data-l]::before{content:attr(data-l) " ";color:var(--soft);font-size:.82rem}
.strip th,.strip td,.strip td:last-child{display:block;min-width:0;
max-width:none;padding:1px 0;white-space:normal}
.strip tr{display:block;padding:6px 0}}
@media print{:root{color-scheme:light}body{background:#fff;font-size:11pt}main{max-width:none;padding:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.cards{grid-template-columns:1fr 1fr}}
"""
