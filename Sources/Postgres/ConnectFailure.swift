/// What a failed connection attempt means. libpq 15 gives a server's refusal as text only, without its SQLSTATE.
enum ConnectFailure {
    /// The SQLSTATE that stands behind the server's sentence, nil where no server answered.
    ///
    /// Sentences from PostgreSQL's `auth.c`, `postinit.c`, `postmaster.c`; they may be translated, in which case nil
    /// comes out and the attempt counts as transient, which only means that it is tried again before it is reported.
    static func sqlState(of message: String) -> String? {
        for (part, state) in sentences where message.contains(part) { return state }
        return nil
    }

    private static let sentences: [(String, String)] = [
        // Before the others: "too many connections for database …" names a database, too.
        ("too many clients", "53300"),
        ("too many connections", "53300"),
        ("remaining connection slots", "53300"),
        ("password authentication failed", "28P01"),
        ("no password supplied", "28P01"),
        ("authentication failed", "28000"),
        ("no pg_hba.conf entry", "28000"),
        ("is not permitted to log in", "28000"),
        ("SSL off", "28000"),
        ("server does not support SSL", "28000"),
        ("database \"", "3D000"),
        ("role \"", "28000"),
        ("the database system is", "57P03"),
    ]
}
