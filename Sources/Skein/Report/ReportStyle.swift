/// How a report looks: in a window, light or dark, and on paper.
enum ReportStyle {
    static let css = light + dark + page + content + figures + print

    private static let light = """
        :root{color-scheme:light \
        dark;--bg:#f4f6f8;--card:#fff;--ink:#171b20;--muted:#586270;--line:#dde2e8;--soft:#eef1f4;\
        --link:#1d5bbf;--ok:#12693d;--okbg:#e3f4ea;--warn:#7d5200;--warnbg:#fdf1d8;--bad:#a91d14;--badbg:#fce9e7;\
        --info:#1b55ad;--infobg:#e6effb;--structure:#8793a1;--copy:#2d6cdf;--index:#d97f12;--keys:#9355cc;--upkeep:#129a9a;\
        --stream:#cf4377;--verify:#36985a;--inside:#fff}

        """

    private static let dark = """
        @media (prefers-color-scheme:dark){:root{--bg:#0f1216;--card:#171b21;--ink:#e6e9ed;--muted:#9aa6b3;--line:#2b323b;\
        --soft:#1f252d;--link:#8ab4f8;--ok:#7fd6a3;--okbg:#12301f;--warn:#f0c36a;--warnbg:#33270c;--bad:#ff9d94;--badbg:#3a1613;\
        --info:#9cc3ff;--infobg:#14263f;--structure:#7d8998;--copy:#5b93f5;--index:#e8993a;--keys:#b07fe0;--upkeep:#35b5b5;\
        --stream:#e0678f;--verify:#52b377;--inside:#0b0d10}}

        """

    private static let page = """
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
        "Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
        main,header,footer{max-width:1180px;margin:0 auto;padding:0 24px}
        header{padding-top:32px}
        h1{font-size:28px;line-height:1.2;margin:2px 0 4px;overflow-wrap:anywhere}
        h2{font-size:19px;margin:0 0 14px}
        h3{font-size:15px;margin:20px 0 8px}
        p{margin:0 0 10px}
        .kicker{font-size:12px;letter-spacing:.08em;text-transform:uppercase;color:var(--muted);margin:0}
        .route,.muted,figcaption,caption{color:var(--muted)}
        .route{margin:0 0 18px}
        nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:18px 0 0;padding:0;font-size:14px}
        a{color:var(--link);text-decoration:none}
        a:hover,a:focus{text-decoration:underline}
        .banner{display:flex;gap:14px;align-items:flex-start;border-radius:10px;padding:14px 18px;margin:0 0 18px;\
        border:1px solid currentColor}
        .banner strong{display:block;font-size:17px}
        .banner p{margin:2px 0 0;color:var(--ink)}
        .banner .mark{font-size:22px;line-height:1.15;font-weight:700}
        .ok{color:var(--ok)}.warn{color:var(--warn)}.bad{color:var(--bad)}.info{color:var(--info)}
        .banner.ok{background:var(--okbg)}.banner.warn{background:var(--warnbg)}.banner.bad{background:var(--badbg)}
        .banner.info{background:var(--infobg)}
        .tiles{display:grid;grid-template-columns:repeat(var(--columns),minmax(0,1fr));gap:12px;margin:0;padding:0}
        .tiles div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
        .tiles dt{font-size:13px;color:var(--muted)}
        .tiles dd{margin:2px 0 0;font-size:21px;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.25}
        .tiles .sub{display:block;font-size:13px;font-weight:400;color:var(--muted)}
        section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px 22px;margin:18px 0}
        footer{padding-bottom:40px;font-size:13px;color:var(--muted)}

        """

    private static let content = """
        code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
        code{overflow-wrap:anywhere}
        pre{background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:8px 12px;margin:6px 0 12px;\
        white-space:pre-wrap;overflow-wrap:anywhere}
        .scroll{overflow-x:auto}
        .scroll+p,.scroll+h3{margin-top:12px}
        .scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
        table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
        caption{text-align:left;font-size:13px;padding:0 0 8px}
        th,td{padding:5px 10px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
        thead th{font-size:12px;color:var(--muted);font-weight:600;border-bottom:2px solid \
        var(--line);white-space:nowrap}
        tbody th{font-weight:500;overflow-wrap:anywhere;min-width:150px}
        td.n,th.n{text-align:right;white-space:nowrap}
        tbody tr:hover{background:var(--soft)}
        .bar{display:block;height:8px;border-radius:4px;background:var(--copy);min-width:2px}
        .track{display:block;width:100%;min-width:120px;background:var(--soft);border-radius:4px;margin-top:7px}
        .chip{display:inline-block;border-radius:999px;padding:0 8px;font-size:12px;font-weight:600;border:1px \
        solid currentColor;\
        white-space:nowrap}
        .finding{border-left:4px solid var(--line);padding:2px 0 2px 14px;margin:0 0 14px}
        .finding.warning{border-color:var(--index)}.finding.error{border-color:var(--bad)}
        .finding p{margin:2px 0 4px}
        ul,ol{margin:0 0 12px;padding-left:22px}
        details{margin:8px 0}
        summary{cursor:pointer;color:var(--link)}
        dl.facts{display:grid;grid-template-columns:minmax(120px,max-content) 1fr;gap:4px 18px;margin:0}
        dl.facts dt{color:var(--muted)}
        dl.facts dd{margin:0;overflow-wrap:anywhere}
        .text{white-space:pre-wrap;overflow-wrap:anywhere}

        """

    private static let figures = """
        figure{margin:0 0 14px}
        figcaption{font-size:13px;margin-top:4px}
        figure h3{font-size:14px;margin:12px 0 4px}
        svg.chart{display:block;width:100%;min-width:760px;height:auto}
        .chart text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,"DejaVu Sans",sans-serif}
        .chart .label{fill:var(--muted)}
        .chart .inside{fill:var(--inside);font-size:10px;pointer-events:none}
        .chart .grid{stroke:var(--line);stroke-width:1}
        .chart .pause{fill:var(--bg);stroke:var(--line);stroke-dasharray:2 2}
        .c-structure{--c:var(--structure)}.c-copy{--c:var(--copy)}.c-index{--c:var(--index)}.c-keys{--c:var(--keys)}
        .c-upkeep{--c:var(--upkeep)}.c-stream{--c:var(--stream)}.c-verify{--c:var(--verify)}
        .chart rect[class^=c-]{fill:var(--c);rx:2px}
        .chart .running{opacity:.55}
        .chart rect.failed{fill:var(--badbg);stroke:var(--bad);stroke-width:1.5}
        .chart rect.lost{fill:var(--card);stroke:var(--muted);stroke-width:1.2;stroke-dasharray:3 2}
        .chart .area{fill:var(--c);opacity:.22}
        .chart .line{fill:none;stroke:var(--c);stroke-width:1.6;stroke-linejoin:round}
        .legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:0 0 6px;font-size:13px;\
        color:var(--muted)}
        .key{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px;\
        background:var(--c,transparent)}
        .key.failed{background:var(--badbg);border:2px solid var(--bad)}
        .key.lost{border:2px dashed var(--muted)}
        .bar[class*=c-]{background:var(--c)}

        """

    private static let print = """
        @media (max-width:640px){main,header,footer{padding-left:12px;padding-right:12px}section{padding:14px}}
        @media (max-width:820px){.tiles{grid-template-columns:repeat(auto-fit,minmax(140px,1fr))}}
        @media print{@page{size:A4;margin:14mm}
        :root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--muted:#444;--line:#ccc;--soft:#f3f3f3;--link:#000;--ok:#0b5a33;\
        --okbg:#fff;--warn:#6b4600;--warnbg:#fff;--bad:#a01a12;--badbg:#fff;--info:#123f80;--infobg:#fff;--structure:#8793a1;\
        --copy:#2d6cdf;--index:#d97f12;--keys:#9355cc;--upkeep:#129a9a;--stream:#cf4377;--verify:#36985a;--inside:#fff}
        *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
        body{font-size:10.5pt}main,header,footer{max-width:none;padding:0}nav{display:none}
        section{border:0;border-top:1px solid var(--line);border-radius:0;padding:12px 0 0;margin:14px 0 0}
        table{font-size:9pt}thead{display:table-header-group}tr,figure,.finding,.tiles div,.banner{break-inside:avoid}
        h2,h3,summary{break-after:avoid}.scroll{overflow:visible}svg.chart{min-width:0}
        .tiles{grid-template-columns:repeat(4,1fr)}.tiles dd{font-size:13pt}
        details::details-content{content-visibility:visible;display:block;block-size:auto}summary{color:var(--ink);list-style:none}}

        """
}
