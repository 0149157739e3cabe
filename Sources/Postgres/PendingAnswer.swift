private import CLibPQ

/// A statement that runs while another session's does: sent here, waited for there, and its answer fetched afterwards.
/// In between the session does nothing else.
extension Connection {
    /// Sends one statement without waiting for it. `answer` or `abandon` must follow.
    package func send(_ sql: String) throws(PostgresError) {
        unsafe try withRaw { raw throws(PostgresError) in
            guard unsafe PQsendQuery(raw, sql) == 1 else {
                throw unsafe .connectionLost(String(cString: PQerrorMessage(raw)).trimmingNewline())
            }
        }
    }

    /// Waits for what was sent.
    package func answer() throws(PostgresError) -> ResultSet {
        unsafe try withRaw { raw throws(PostgresError) in
            var result: OpaquePointer?
            // The first that failed is the one to tell; one statement has one result.
            while let next = unsafe PQgetResult(raw) {
                if unsafe result == nil { unsafe result = next } else { unsafe PQclear(next) }
            }
            do throws(PostgresError) {
                unsafe try Self.check(result, raw)
            } catch {
                unsafe PQclear(result)
                throw error
            }
            guard let result = unsafe result else { throw .connectionLost("the server gave no answer") }
            return unsafe ResultSet(adopting: result)
        }
    }

    /// Ends what was sent, whose answer nobody wants any more. The server has the cancel before this returns, so it hits
    /// nothing that comes later.
    package func abandon() {
        makeCanceller().cancel()
        _ = try? answer()
    }
}
