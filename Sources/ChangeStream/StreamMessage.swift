package import LogicalDecoding

/// Bytes of the stream that outlive the reading of the next message. Never changed once handed out.
package final class StreamBlock: Sendable {
    package let bytes: [UInt8]
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// One message of the output plugin.
package struct StreamMessage: Sendable {
    package let block: StreamBlock
    package let range: Range<Int>
    /// The start position that the server sent with it (XLogData). At a commit: behind the commit record.
    package let position: LSN

    package init(block: StreamBlock, range: Range<Int>, position: LSN) {
        self.block = block
        self.range = range
        self.position = position
    }
}

/// Where the applier reads from: the spool; in tests, anything that has messages in their order.
///
/// Only whole transactions are handed out: behind a begin everything up to its commit can be had. After a start they may
/// begin before the position asked for; whoever reads skips what it has applied.
package protocol MessageSource: AnyObject {
    /// The next message.
    /// - Returns: nil where none came within `timeout`.
    /// - Throws: what is wrong with the spool.
    func next(timeout: Duration) throws -> StreamMessage?
    /// Where reading ends for now: everything that is safe and whole lies before it.
    var end: LSN { get }
}
