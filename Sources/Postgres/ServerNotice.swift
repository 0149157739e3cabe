private import CLibPQ

/// A notice or warning that a server sent beside its answers.
package struct ServerNotice: Sendable, Equatable {
    /// `WARNING`, `NOTICE` …, in English whatever the session's language.
    package var severity: String
    package var sqlState: String
    package var message: String
    package var detail: String?

    package init(severity: String, sqlState: String, message: String, detail: String? = nil) {
        self.severity = severity
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
    }
}

/// Gathers a connection's notices. Touched only by the thread that owns the connection: libpq calls from within its own
/// calls.
final class NoticeLog {
    private var notices: [ServerNotice] = []

    func take() -> [ServerNotice] {
        defer { notices = [] }
        return notices
    }

    /// - Important: The log has to live as long as the connection.
    func install(on raw: OpaquePointer) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe PQsetNoticeReceiver(
            raw,
            { context, result in
                guard let context = unsafe context else { return }
                let log = unsafe Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue()
                unsafe log.add(result)
            }, context)
    }

    private func add(_ result: OpaquePointer?) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let value = unsafe PQresultErrorField(result, Int32(ascii)) else {
                return nil
            }
            return unsafe String(cString: value)
        }
        // A server that repeats itself shall not fill the memory.
        guard notices.count < 100 else { return }
        notices.append(
            ServerNotice(
                severity: field("V") ?? "", sqlState: field("C") ?? "", message: field("M") ?? "", detail: field("D")))
    }
}
