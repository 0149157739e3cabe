/// Pieces of SVG, with numbers short.
enum SVGText {
    static let width = 1_100.0
    /// Where the time axes begin and end, so that charts stand under one another.
    static let (left, right) = (128.0, 1_090.0)

    static func number(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)
    }

    /// - Parameters:
    ///   - body: SVG.
    ///   - isTitled: the title is shown; in any case it is there for screen readers.
    static func figure(
        _ id: String, title: String, isTitled: Bool = true, description: String, height: Double, _ body: String,
    ) -> String {
        """
        <figure>\(isTitled ? "<h3>\(HTMLText.escaped(title))</h3>" : "")
        <div class="scroll" role="region" aria-label="\(HTMLText.escaped(title))" tabindex="0">
        <svg viewBox="0 0 \(number(width)) \(number(height))" role="img" aria-labelledby="\(id)-t \(id)-d" \
        class="chart">
        <title id="\(id)-t">\(HTMLText.escaped(title))</title>
        <desc id="\(id)-d">\(HTMLText.escaped(description))</desc>
        \(body)
        </svg>
        </div>
        <figcaption>\(HTMLText.escaped(description))</figcaption>
        </figure>
        """
    }

    static func text(_ x: Double, _ y: Double, _ text: String, _ style: String = "", anchor: String = "start") -> String
    {
        let place = anchor == "start" ? "" : " text-anchor=\"\(anchor)\""
        let named = style.isEmpty ? "" : " class=\"\(style)\""
        return "<text x=\"\(number(x))\" y=\"\(number(y))\"\(named)\(place)>\(HTMLText.escaped(text))</text>"
    }

    static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" class=\"\(style)\"/>"
    }

    /// - Parameter title: what a pointer over it shows, and a screen reader reads.
    static func rect(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, title: String? = nil,
    ) -> String {
        let start =
            "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(max(0.5, width)))\" "
            + "height=\"\(number(height))\" "
            + "class=\"\(style)\""
        return title.map { "\(start)><title>\(HTMLText.escaped($0))</title></rect>" } ?? start + "/>"
    }

    /// Grid, labels and pauses of a time axis under a chart that ends at `bottom`.
    static func axis(_ axis: TimeAxis, top: Double, bottom: Double) -> String {
        var parts: [String] = []
        for tick in axis.ticks {
            parts.append(line(tick.position, top, tick.position, bottom + 4, "grid"))
            parts.append(text(tick.position, bottom + 17, tick.label, "label", anchor: "middle"))
        }
        for pause in axis.breaks {
            parts.append(
                rect(
                    pause.position - 9, top, 18, bottom - top, "pause",
                    title: "\(Words.duration(pause.seconds)) left out"))
            parts.append(
                "<text transform=\"translate(\(number(pause.position + 4)) \(number((top + bottom) / 2))) "
                    + "rotate(-90)\" "
                    + "class=\"label\" "
                    + "text-anchor=\"middle\">\(HTMLText.escaped(Words.duration(pause.seconds)))</text>")
        }
        return parts.joined(separator: "\n")
    }
}
