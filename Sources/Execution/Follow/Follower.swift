private import Faults
private import LogicalDecoding
private import Planning
private import Postgres
private import Synchronization

/// Receives the source's changes from the moment the slot is there, and applies them once everything is copied, until
/// the marker of a cutover. One process of a migration does so, as long as its session holds the follower's lock;
/// others wait to take over.
final class Follower: Sendable {
    /// What the engine wants of it.
    struct Orders: Sendable, Equatable {
        /// Every piece has its watermark.
        var mayApply = false
        /// Nothing is applied behind the marker with this token.
        var marker: String?
        var hasResyncWishes = false
    }

    let board = FollowBoard()
    private let context: RunContext
    private let tell: @Sendable (RunEvent) -> Void
    private let orders = Mutex(Orders())

    init(_ context: RunContext, tell: @escaping @Sendable (RunEvent) -> Void) {
        self.context = context
        self.tell = tell
    }

    func order(_ orders: Orders) { self.orders.withLock { $0 = orders } }
    var ordered: Orders { orders.withLock { $0 } }

    /// Follows until the task is cancelled or something fails for good, which the board then tells.
    func run() async {}
}
