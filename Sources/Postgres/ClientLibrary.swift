private import CLibPQ

/// The libpq that this process uses: the machine's, not the one it was built with.
package enum ClientLibrary {
    /// `15.18`, as PostgreSQL writes versions.
    package static var version: String {
        let number = PQlibVersion()
        return number >= 100_000
            ? "\(number / 10_000).\(number % 10_000)"
            : "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
    }
}
