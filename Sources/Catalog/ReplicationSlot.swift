extension Catalog {
    /// A logical replication slot of the database that bears a name as a migration's slot does.
    package struct ReplicationSlot: Sendable, Codable, Equatable {
        package var name: String
        package var plugin: String
        package var isActive: Bool
        /// WAL that the server keeps for it; nil where it keeps none any more, because the slot is lost. Bytes.
        package var retainedBytes: Int64?

        package init(name: String, plugin: String, isActive: Bool, retainedBytes: Int64?) {
            self.name = name
            self.plugin = plugin
            self.isActive = isActive
            self.retainedBytes = retainedBytes
        }
    }
}
