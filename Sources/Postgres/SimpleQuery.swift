private import CLibPQ

extension Connection {
    /// Runs one statement by the simple protocol and returns its rows: all that a session in replication mode takes
    /// (walsender.c: "extended query protocol not supported in a replication connection").
    package func simpleQuery(_ sql: String) throws(PostgresError) -> ResultSet {
        unsafe try withRaw { raw throws(PostgresError) in
            let result = unsafe PQexec(raw, sql)
            do throws(PostgresError) {
                unsafe try Self.check(result, raw)
            } catch {
                unsafe PQclear(result)
                throw error
            }
            guard let result = unsafe result else { throw .outOfMemory }
            return unsafe ResultSet(adopting: result)
        }
    }
}
