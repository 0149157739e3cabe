extension Scalar {
    /// The text of a quantity: a number that lacks its unit is told so, rather than that it is no text.
    func requireQuantity() throws(ValueProblem) -> String {
        kind == .integer || kind == .number ? text : try requireText()
    }
}

/// A number and its unit, as they stand in a text: `10 GB`, `1 day 12 hours`.
private struct Quantity {
    var number: Substring
    var unit: Substring

    /// Splits `text` into numbers and units; nil where it is anything else.
    static func all(in text: String) -> [Quantity]? {
        var quantities: [Quantity] = []
        var rest = text[...]
        while !rest.isEmpty {
            if !quantities.isEmpty {
                guard rest.first == " " else { return nil }
                rest = rest.drop { $0 == " " }
            }
            let number = rest.prefix(while: \.isASCIIDigit)
            guard !number.isEmpty else { return nil }
            rest = rest[number.endIndex...].drop { $0 == " " }
            let unit = rest.prefix(while: \.isASCIILetter)
            rest = rest[unit.endIndex...]
            quantities.append(Quantity(number: number, unit: unit))
        }
        return quantities.isEmpty ? nil : quantities
    }

    func missingUnit(_ code: PlanCode, _ example: String) -> ValueProblem {
        ValueProblem(code, reason: "the unit is missing", cure: "Write `\(number) \(example)`, for example.")
    }
}

extension ByteCount {
    /// The units and how many bits their factor shifts by.
    private static let units: [(name: String, shift: Int)] = [
        ("B", 0), ("bytes", 0), ("kB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("PB", 50),
    ]

    static let pattern = "[0-9]+ *(?:\(units.map(\.name).joined(separator: "|")))"

    /// Reads `10 GB`, `512MB`, `64 kB`, `100 bytes`; powers of 1024 and upper and lower case as PostgreSQL has them.
    /// - Throws: what is wrong with `text`; `0` is out of range.
    package init(parsing text: String) throws(ValueProblem) {
        let names = Self.units.map(\.name)
        guard let quantities = Quantity.all(in: text), quantities.count == 1, let quantity = quantities.first else {
            throw ValueProblem(
                .malformedSize, reason: "it is not a whole number with a unit",
                cure: "Write a whole number and one of \(names.joined(separator: ", ")): `10 GB`.",
            )
        }
        guard !quantity.unit.isEmpty else { throw quantity.missingUnit(.malformedSize, "GB") }
        guard let unit = Self.units.first(where: { $0.name == quantity.unit }) else {
            let lower = quantity.unit.lowercased()
            let iec = lower.count == 3 && lower.dropFirst().first == "i" ? String(lower.prefix(1)) + "b" : lower
            let meant = names.first { $0.lowercased() == iec } ?? (lower.count == 1 ? "GB" : nil)
            let advice = meant.map { "Did you mean `\($0)`? " } ?? ""
            throw ValueProblem(
                .malformedSize, reason: "`\(quantity.unit)` is not a unit of size",
                cure: advice + "Units are \(names.joined(separator: ", ")), in powers of 1024.",
            )
        }
        guard let number = Int64(quantity.number), number <= Int64.max >> Int64(unit.shift) else {
            throw ValueProblem(.outOfRange, reason: "it is more bytes than 64 bits count")
        }
        guard number > 0 else { throw ValueProblem(.outOfRange, reason: "it must be more than 0") }
        self.init(bytes: number << Int64(unit.shift))
    }

    /// In the largest unit that divides it: `10 GB`.
    package var text: String {
        let unit = Self.units.last { bytes != 0 && bytes & ((1 << Int64($0.shift)) - 1) == 0 && $0.name != "bytes" }
        guard let unit else { return "\(bytes) B" }
        return "\(bytes >> Int64(unit.shift)) \(unit.name)"
    }
}

extension PlanDuration {
    private enum Part { case months, days, microseconds }

    /// The units as PostgreSQL reads them in an interval (datetime.c), without `m`, which people take for months too.
    private static let units: [(names: [String], part: Part, factor: Int64)] = [
        (["us", "microsecond", "microseconds"], .microseconds, 1),
        (["ms", "millisecond", "milliseconds"], .microseconds, 1000),
        (["s", "sec", "secs", "second", "seconds"], .microseconds, 1_000_000),
        (["min", "mins", "minute", "minutes"], .microseconds, 60_000_000),
        (["h", "hr", "hrs", "hour", "hours"], .microseconds, 3_600_000_000),
        (["d", "day", "days"], .days, 1),
        (["w", "week", "weeks"], .days, 7),
        (["mon", "mons", "month", "months"], .months, 1),
        (["y", "yr", "yrs", "year", "years"], .months, 12),
    ]

    static let pattern: String = {
        let one = "[0-9]+ *(?:\(units.flatMap(\.names).joined(separator: "|")))"
        return "\(one)(?: +\(one))*"
    }()

    /// Reads `30 s`, `500 ms`, `7 days`, `1 day 12 hours`, `2 years`: whole numbers, each unit once, in all more than
    /// nothing and within PostgreSQL's interval.
    /// - Throws: what is wrong with `text`.
    package init(parsing text: String) throws(ValueProblem) {
        guard let quantities = Quantity.all(in: text) else {
            throw ValueProblem(
                .malformedDuration, reason: "it is not whole numbers with units",
                cure: "Write it like `30 s`, `7 days` or `1 day 12 hours`.",
            )
        }
        var (months, days, microseconds): (Int64, Int64, Int64) = (0, 0, 0)
        var seen: Set<String> = []
        let tooLong = ValueProblem(.outOfRange, reason: "it is longer than PostgreSQL's interval can be")
        func add(_ quantity: Quantity, _ factor: Int64, to sum: inout Int64, _ largest: Int64) throws(ValueProblem) {
            let product = Int64(quantity.number)?.multipliedReportingOverflow(by: factor)
            guard let product, !product.overflow else { throw tooLong }
            let total = sum.addingReportingOverflow(product.partialValue)
            guard !total.overflow, total.partialValue <= largest else { throw tooLong }
            sum = total.partialValue
        }
        for quantity in quantities {
            guard !quantity.unit.isEmpty else { throw quantity.missingUnit(.malformedDuration, "s") }
            guard let unit = Self.units.first(where: { $0.names.contains(String(quantity.unit)) }) else {
                throw Self.unknownUnit(quantity)
            }
            guard seen.insert(unit.names[0]).inserted else {
                throw ValueProblem(.malformedDuration, reason: "it names `\(quantity.unit)` twice")
            }
            switch unit.part {
            case .months: try add(quantity, unit.factor, to: &months, Int64(Int32.max))
            case .days: try add(quantity, unit.factor, to: &days, Int64(Int32.max))
            case .microseconds: try add(quantity, unit.factor, to: &microseconds, Int64.max)
            }
        }
        guard months > 0 || days > 0 || microseconds > 0 else {
            throw ValueProblem(.outOfRange, reason: "it must be longer than 0")
        }
        self.init(months: Int(months), days: Int(days), microseconds: microseconds, text: text)
    }

    private static func unknownUnit(_ quantity: Quantity) -> ValueProblem {
        let lower = quantity.unit.lowercased()
        let meant =
            lower == "m"
            ? "Write `min` for minutes or `mon` for months. "
            : Suggestion.nearest(to: lower, among: units.flatMap(\.names).reversed()).map { "Did you mean `\($0)`? " }
                ?? ""
        return ValueProblem(
            .malformedDuration, reason: "`\(quantity.unit)` is not a unit of time",
            cure: meant + "Units are us, ms, s, min, h, day, week, month, year.",
        )
    }
}
