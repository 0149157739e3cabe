/// Where some bytes of a message are. Good until the decoder reads the next message.
package struct Slice: Sendable, BitwiseCopyable {
    let offset: UInt32
    let length: UInt32
    /// Whether the bytes are in the decoder's own buffer, because the message has them with escapes.
    let isUnescaped: Bool

    init(offset: Int, length: Int, isUnescaped: Bool = false) {
        // `ChangeDecoder.decode` refuses longer messages, and unescaping makes nothing longer than bytea's two bytes.
        self.offset = UInt32(truncatingIfNeeded: offset)
        self.length = UInt32(truncatingIfNeeded: length)
        self.isUnescaped = isUnescaped
    }

    static let empty = Slice(offset: 0, length: 0)

    package var count: Int { Int(length) }
}

/// One column's value: what is known of it, and where its bytes are.
package struct Value: Sendable, BitwiseCopyable {
    package enum Kind: UInt8, Sendable, BitwiseCopyable {
        case null
        /// A TOASTed value that the update left as it was, and which was therefore not sent.
        case unchanged
        /// Not part of this old row: no column of the key. test_decoding leaves NULLs out of old rows, so in a table
        /// with replica identity full it means NULL there.
        case absent
        /// The type's text form.
        case text
        /// The type's binary form.
        case binary
    }

    /// Empty unless text or binary.
    package let slice: Slice
    package let kind: Kind

    init(_ kind: Kind, _ slice: Slice = .empty) {
        self.kind = kind
        self.slice = slice
    }
}

/// The values of a row, one for each column of its relation in `RelationCache`, in that order.
package struct Row: Sendable, BitwiseCopyable {
    let first: Int
    package let count: Int
}

/// What a change tells of the row as it was.
package struct OldRow: Sendable, BitwiseCopyable {
    package enum Kind: Sendable, BitwiseCopyable {
        /// The columns of the replica identity's index; others are absent.
        case key
        /// Replica identity full: all columns.
        case full
        /// One or the other: wal2json and test_decoding do not say.
        case unspecified
    }

    package let kind: Kind
    package let row: Row
}
