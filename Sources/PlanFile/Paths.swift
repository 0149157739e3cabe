extension Plan {
    /// Where the plan file is, with `/` at its end; empty for the working directory.
    package var folder: String { Paths.folder(of: file) }
}

/// File paths as text: joined, never looked up.
enum Paths {
    /// The part of `path` before its last `/`, with the `/`; empty for a file in the working directory.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[...slash])
    }

    /// `path` as seen from `folder`: unchanged where it is absolute.
    static func joined(_ folder: String, _ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var rest = path[...]
        while rest.hasPrefix("./") { rest = rest.dropFirst(2).drop { $0 == "/" } }
        return folder + (rest.isEmpty ? "." : rest)
    }

    /// `path` without `folder` in front; unchanged where it does not begin with it.
    static func relative(_ path: String, to folder: String) -> String {
        path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
    }
}
