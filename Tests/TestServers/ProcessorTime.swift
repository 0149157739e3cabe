#if canImport(Glibc)
    private import Glibc
#endif

/// How much of a processor something takes: a busy machine makes it late, and no more expensive.
package enum ProcessorTime {
    /// - Parameter body: synchronous, since it is this thread's time that is measured.
    package static func measure(_ body: () throws -> Void) rethrows -> Duration {
        let start = now
        try body()
        return now - start
    }

    private static var now: Duration {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
