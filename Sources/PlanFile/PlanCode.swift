/// The stable codes of findings about the plan file itself. Documented, never reused.
package enum PlanCode: String, Sendable, CaseIterable {
    case noSuchFile = "SK001"
    case notARegularFile = "SK002"
    case unreadable = "SK003"
    case tooLarge = "SK004"
    case notUTF8 = "SK005"
    case controlCharacter = "SK006"
    case emptyFile = "SK007"
    case syntax = "SK008"
    case tab = "SK009"
    case severalDocuments = "SK010"
    case duplicateKey = "SK011"
    case unknownKey = "SK012"
    case wrongType = "SK013"
    case missingKey = "SK014"
    case tooDeep = "SK015"
    case tooManyValues = "SK016"
    case unknownAlias = "SK017"
    case mergeKey = "SK018"
    case tag = "SK019"
    case keyNotText = "SK020"
    case extendsCycle = "SK021"
    case extendsChain = "SK022"
    case unsetVariable = "SK023"
    case malformedVariable = "SK024"
    case noValue = "SK025"
    case notAChoice = "SK026"
    case malformedDuration = "SK027"
    case malformedSize = "SK028"
    case malformedName = "SK029"
    case malformedOrder = "SK030"
    case malformedPlanName = "SK031"
    case malformedURI = "SK032"
    case malformedIdentity = "SK033"
    case outOfRange = "SK034"
    case unknownVersion = "SK035"
    case namedTwice = "SK036"
    case contradiction = "SK037"
    case keyLacksColumn = "SK038"
    case passwordInFile = "SK039"

    /// What the code stands for, in a line.
    package var meaning: String {
        switch self {
        case .noSuchFile: "the file does not exist"
        case .notARegularFile: "a directory, pipe, socket or device where a file is needed"
        case .unreadable: "the file cannot be read"
        case .tooLarge: "the file is larger than a plan can be"
        case .notUTF8: "the file is not UTF-8"
        case .controlCharacter: "a NUL or another control character"
        case .emptyFile: "the file holds no plan"
        case .syntax: "not YAML"
        case .tab: "a tab where YAML wants spaces"
        case .severalDocuments: "more than one YAML document in the file"
        case .duplicateKey: "a key given twice"
        case .unknownKey: "a key that plans do not have"
        case .wrongType: "a value of another type than the key takes"
        case .missingKey: "a required key is missing"
        case .tooDeep: "values nested deeper than any plan's"
        case .tooManyValues: "more values than a plan can have, aliases counted in full"
        case .unknownAlias: "an alias without an anchor before it"
        case .mergeKey: "a merge key (`<<`)"
        case .tag: "a YAML tag (`!…`)"
        case .keyNotText: "a key that is no text"
        case .extendsCycle: "a plan that extends itself, directly or through others"
        case .extendsChain: "too many plans extending one another"
        case .unsetVariable: "an environment variable that is not set"
        case .malformedVariable: "`${` that does not read as a variable"
        case .noValue: "a key without a value"
        case .notAChoice: "a word other than those the key takes"
        case .malformedDuration: "not a duration"
        case .malformedSize: "not a size"
        case .malformedName: "not a name, or not a name pattern"
        case .malformedOrder: "not an ordering"
        case .malformedPlanName: "not a plan name"
        case .malformedURI: "not a connection string"
        case .malformedIdentity: "not a replica identity"
        case .outOfRange: "a number outside its range"
        case .unknownVersion: "a version of the plan language that this Skein does not know"
        case .namedTwice: "the same table or column named twice"
        case .contradiction: "keys that exclude each other"
        case .keyLacksColumn: "a primary key without a partitioning column"
        case .passwordInFile: "a password written in the file"
        }
    }
}

extension Diagnostic {
    /// A finding about the plan file.
    init(
        _ code: PlanCode, _ summary: String, detail: String? = nil, cure: String? = nil, at location: SourceLocation?,
        severity: Severity = .error,
    ) {
        self.init(severity, code.rawValue, summary, detail: detail, cure: cure, at: location)
    }
}
