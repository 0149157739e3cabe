import Testing

@testable import Catalog
@testable import Planning

@Suite("Whether rows may travel in binary form")
struct BinaryPortabilityTests {
    typealias BuiltIn = CatalogBuilder.BuiltIn

    @Test(
        "built-in types do, but those that carry object ids or depend on settings",
        arguments: [
            (BuiltIn.int8, true), (.text, true), (.numeric, true), (.timestamptz, true), (.jsonb, true), (.uuid, true),
            (.int4Array, true), (.textArray, true), (.int4range, true), (.int4multirange, true), (.tsvector, true),
            (.oid, false), (.regclass, false), (.oidArray, false), (.money, false), (.xml, false), (.aclitem, false),
        ] as [(BuiltIn, Bool)]
    )
    func builtIn(type: BuiltIn, isPortable: Bool) {
        var builder = CatalogBuilder()
        builder.addTable("t", [.init("id", .int8), .init("c", type)])
        #expect((obstacle(builder.catalog) == nil) == isPortable)
    }

    @Test("an enum does, as its label; an array of it where the target does not mind the element's object id")
    func enums() {
        var builder = CatalogBuilder()
        let level = builder.addType("level", .enum)
        let levels = builder.addType("_level", .base, element: level)
        builder.addTable("t", [.init("c", type: level, typeName: "public.level")])
        #expect(obstacle(builder.catalog) == nil)
        builder.addTable("a", [.init("c", type: levels, typeName: "public.level[]")])
        #expect(obstacle(builder.catalog) == nil)
        #expect(
            obstacle(builder.catalog, target: 130_000)
                == "column c is public.level[], which carries its element type's object id")
    }

    @Test("a domain does as what it is over does")
    func domains() {
        var builder = CatalogBuilder()
        let positive = builder.addType("positive", .domain, base: BuiltIn.int4.rawValue)
        let relation = builder.addType("relation", .domain, base: BuiltIn.regclass.rawValue)
        let nested = builder.addType("nested", .domain, base: relation)
        builder.addTable("t", [.init("c", type: positive, typeName: "public.positive")])
        #expect(obstacle(builder.catalog) == nil)
        builder.addTable("a", [.init("c", type: nested, typeName: "public.nested")])
        #expect(obstacle(builder.catalog)?.contains("public.nested") == true)
    }

    @Test("a composite does where all its attributes do")
    func composites() {
        var builder = CatalogBuilder()
        let point = builder.addType("p", .composite, attributes: [BuiltIn.int4.rawValue, BuiltIn.text.rawValue])
        let level = builder.addType("level", .enum)
        let mixed = builder.addType("m", .composite, attributes: [BuiltIn.int4.rawValue, level])
        let oids = builder.addType("o", .composite, attributes: [BuiltIn.oid.rawValue])
        for (type, isPortable) in [(point, true), (mixed, true), (oids, false)] {
            var copy = builder
            copy.addTable("t", [.init("c", type: type, typeName: "public.x")])
            #expect((obstacle(copy.catalog) == nil) == isPortable)
            #expect((obstacle(copy.catalog, target: 130_000) == nil) == (type == point))
        }
    }

    @Test("a range does as its subtype does")
    func ranges() {
        var builder = CatalogBuilder()
        let floats = builder.addType("floatrange", .range, base: BuiltIn.float8.rawValue)
        let regs = builder.addType("regrange", .range, base: BuiltIn.regclass.rawValue)
        builder.addTable("t", [.init("c", type: floats, typeName: "public.floatrange")])
        #expect(obstacle(builder.catalog) == nil)
        builder.addTable("a", [.init("c", type: regs, typeName: "public.regrange")])
        #expect(obstacle(builder.catalog) != nil)
    }

    @Test("types of extensions do not, but those whose form we know; neither do base types of the user's own")
    func extensions() {
        var builder = CatalogBuilder()
        let citext = builder.addType("citext", .base, extensionName: "citext")
        let geometry = builder.addType("geometry", .base, extensionName: "postgis")
        let own = builder.addType("own", .base)
        let silent = builder.addType("silent", .base, hasBinaryIO: false)
        for (type, isPortable) in [(citext, true), (geometry, false), (own, false), (silent, false), (99_999, false)] {
            var copy = builder
            copy.addTable("t", [.init("c", type: type, typeName: "x")])
            #expect((obstacle(copy.catalog) == nil) == isPortable)
        }
    }

    func obstacle(_ catalog: Catalog, target: Int = 170_000) -> String? {
        let portability = BinaryPortability(types: catalog.types, targetVersion: target)
        return catalog.relations.compactMap { portability.obstacle(in: $0.columns) }.first
    }
}
