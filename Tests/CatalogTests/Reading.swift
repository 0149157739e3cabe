import Catalog
import Postgres
import TestServers

extension ConnectionTarget {
    /// Reads this database's catalogs, optionally as another role.
    func readCatalog(_ options: CatalogReader.Options = .init(), user: String? = nil) async throws -> Catalog {
        try await TestServers.withConnection(to: user.map { with("user", $0) } ?? self) {
            try CatalogReader.read($0, options)
        }
    }
}
