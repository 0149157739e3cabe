extension Catalog {
    /// A replication slot of the server that bears a name as a migration's slot does.
    package struct ReplicationSlot: Sendable, Codable, Equatable {
        package var name: String
        /// Empty for a physical slot.
        package var plugin: String
        package var isActive: Bool
        /// WAL that the server keeps for it; nil where it keeps none any more, because the slot is lost. Bytes.
        package var retainedBytes: Int64?
        /// Where it is not of the database that was read: names of slots are the server's.
        package var elsewhere: Elsewhere?

        package enum Elsewhere: Sendable, Codable, Equatable {
            case database(String)
            /// A physical slot, of no database.
            case server
        }

        package init(
            name: String, plugin: String, isActive: Bool, retainedBytes: Int64?, elsewhere: Elsewhere? = nil,
        ) {
            self.name = name
            self.plugin = plugin
            self.isActive = isActive
            self.retainedBytes = retainedBytes
            self.elsewhere = elsewhere
        }
    }
}
