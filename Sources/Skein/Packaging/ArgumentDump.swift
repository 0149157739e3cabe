import ArgumentParser
import FoundationEssentials

/// The argument parser's own description of our commands, as its `--experimental-dump-help` prints it.
struct ArgumentDump: Decodable {
    struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool?
        var arguments: [Argument]?
        var subcommands: [Command]?
    }

    struct Argument: Decodable {
        enum Kind: String, Decodable { case positional, option, flag }
        struct Name: Decodable {
            enum Kind: String, Decodable { case long, short, longWithSingleDash }
            var kind: Kind
            var name: String

            var text: String { (kind == .long ? "--" : "-") + name }
        }
        var kind: Kind
        var names: [Name]?
        var abstract: String?
        var valueName: String?
        var defaultValue: String?
        var isOptional: Bool
        var isRepeating: Bool
        var shouldDisplay: Bool
    }

    var command: Command

    static func read() throws -> ArgumentDump {
        try JSONDecoder().decode(ArgumentDump.self, from: Data(Skein._dumpHelp().utf8))
    }
}
