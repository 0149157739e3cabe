private import CBuild
import Postgres

/// Which Skein this is.
enum Version {
    static let text = "0.1.0"

    /// What it was built from, with `+` behind it where files had changed since; nil where no repository told.
    static let commit: String? = {
        guard let commit = unsafe skein_build_commit() else { return nil }
        let text = unsafe String(cString: commit)
        return text.isEmpty ? nil : text
    }()

    /// `skein 0.1.0, commit 62bf15a0c1, libpq 15.18`
    static var line: String {
        "skein \(text), commit \(commit ?? "unknown"), libpq \(ClientLibrary.version)"
    }
}
