/// Keeps passwords out of what is shown.
package enum Secrets {
    /// What stands in a password's place.
    static let mask = "****"

    /// `text` with everything that looks like a password masked: `scheme://user:…@`, `password=…`, `password: …`.
    /// Meant for lines and values of any kind, so it would rather hide too much.
    package static func masked(_ text: String) -> String { mask(Array(text.unicodeScalars)).text }

    /// A masked line and where a column of the line lies in it; columns count scalars from 1.
    static func masked(_ line: String, column: Int) -> (text: String, column: Int) {
        let (text, ranges) = mask(Array(line.unicodeScalars))
        var shift = 0
        for range in ranges where range.lowerBound < column - 1 {
            shift += min(range.upperBound, column - 1) - range.lowerBound
            shift -= column - 1 < range.upperBound ? 0 : mask.count
        }
        return (text, column - shift)
    }

    private static func mask(_ scalars: [Unicode.Scalar]) -> (text: String, ranges: [Range<Int>]) {
        var ranges: [Range<Int>] = []
        var index = 0
        while index < scalars.count {
            if let range = userInfo(scalars, at: index) ?? assignment(scalars, at: index) {
                ranges.append(range)
                index = range.upperBound
            } else {
                index += 1
            }
        }
        var text = String.UnicodeScalarView()
        var end = 0
        for range in ranges {
            text.append(contentsOf: scalars[end..<range.lowerBound])
            text.append(contentsOf: mask.unicodeScalars)
            end = range.upperBound
        }
        text.append(contentsOf: scalars[end...])
        return (String(text), ranges)
    }

    /// The password of `://user:password@` that begins at `start`. An `@` that the writer forgot to encode is taken
    /// for part of the password; where the `@` is missing, anything but a port is.
    private static func userInfo(_ scalars: [Unicode.Scalar], at start: Int) -> Range<Int>? {
        guard scalars[start...].starts(with: "://".unicodeScalars) else { return nil }
        let begin = start + 3
        var end = begin
        while end < scalars.count, !isBlank(scalars[end]) { end += 1 }
        let token = scalars[begin..<end]
        // The colons of `[::1]` are an address's.
        let named = token.first == "[" ? token.drop { $0 != "]" } : token
        guard let colon = named.firstIndex(of: ":") else { return nil }
        if let at = token.lastIndex(of: "@"), colon < at {
            return colon + 1 < at ? colon + 1..<at : nil
        }
        var stop = colon + 1
        while stop < end, !"/?,\"'}".unicodeScalars.contains(scalars[stop]) { stop += 1 }
        let part = scalars[colon + 1..<stop]
        return part.isEmpty || part.allSatisfy { ("0"..."9").contains($0) } ? nil : colon + 1..<stop
    }

    /// The value of `password=value`, `password = 'a value'`, `sslpassword: value` where the word begins at `start`.
    private static func assignment(_ scalars: [Unicode.Scalar], at start: Int) -> Range<Int>? {
        guard let word = words.first(where: { matches(scalars, at: start, word: $0) }) else { return nil }
        var index = start + word.count
        while index < scalars.count, isBlank(scalars[index]) || "\"'".unicodeScalars.contains(scalars[index]) {
            index += 1
        }
        guard index < scalars.count, scalars[index] == "=" || scalars[index] == ":" else { return nil }
        index += 1
        while index < scalars.count, isBlank(scalars[index]) { index += 1 }
        guard index < scalars.count else { return nil }
        var end = index
        if let quote = scalars[index...].first, quote == "'" || quote == "\"" {
            end += 1
            while end < scalars.count, scalars[end] != quote { end += scalars[end] == "\\" ? 2 : 1 }
            end = min(end + 1, scalars.count)
        } else {
            while end < scalars.count, !isBlank(scalars[end]), scalars[end] != "&" { end += 1 }
        }
        return index < end ? index..<end : nil
    }

    /// The words behind which a secret stands, longest first.
    private static let words = [
        "oauth_client_secret", "scram_client_key", "scram_server_key", "sslpassword", "password", "passwd",
    ].map { Array($0.unicodeScalars) }

    private static func matches(_ scalars: [Unicode.Scalar], at start: Int, word: [Unicode.Scalar]) -> Bool {
        guard start + word.count <= scalars.count else { return false }
        return zip(scalars[start...], word).allSatisfy { scalar, letter in
            scalar == letter || ("A"..."Z").contains(scalar) && scalar.value + 32 == letter.value
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
}
