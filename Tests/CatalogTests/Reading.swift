import Catalog
import PlanFile
import Postgres
import TestServers
import Testing

extension ConnectionTarget {
    /// Reads this database's catalogs, optionally as another role.
    func readCatalog(_ options: CatalogReader.Options = .init(), user: String? = nil) async throws -> Catalog {
        try await TestServers.withConnection(to: user.map { with("user", $0) } ?? self) {
            try CatalogReader.read($0, options)
        }
    }
}

extension Catalog {
    /// The relation of that name in schema `public`.
    func relation(_ name: String) throws -> Relation {
        try #require(relations.first { $0.name == QualifiedName(schema: "public", name: name) })
    }
}
